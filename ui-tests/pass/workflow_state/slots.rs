//! The state of a workflow, with slots of every kind.

use agent_sdk::prelude::*;
use agent_sdk::workflow::{Message, SlotOf};

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Budget(u64);

#[derive(Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Notes(Vec<String>);

fn join(mut earlier: Notes, later: Notes) -> Notes {
    earlier.0.extend(later.0);
    earlier
}

type Offers = Keyed<String, u64>;

#[derive(WorkflowState)]
struct Trip {
    r#type: String,
    #[slot(default = Budget(40 + 2))]
    budget: Budget,
    #[slot(default, reduce = join)]
    notes: Notes,
    offers: Offers,
    #[slot(reduce = u64::max)]
    most: u64,
}

fn main() {
    assert_eq!(Trip::DEFAULTS, 0b01110);
    assert_eq!(Trip::REDUCED, 0b11100);
    assert_eq!(<Offers as SlotOf<Trip>>::INDEX, 3);
    let names: Vec<&str> = Trip::SLOTS.iter().map(|slot| slot.name).collect();
    assert_eq!(names, ["type", "budget", "notes", "offers", "most"]);

    let start = (Trip::SLOTS[1].default.unwrap())().unwrap();
    assert_eq!(start.read::<Budget>().unwrap(), Budget(42));

    let note = |text: &str| Message::of(&Notes(vec![text.into()])).unwrap();
    let merge = Trip::SLOTS[2].merge.unwrap();
    let merged = merge(Some(&note("a")), &[note("b"), note("c")]).unwrap();
    assert_eq!(merged.json(), r#"["a","b","c"]"#);

    let merge = Trip::SLOTS[4].merge.unwrap();
    let numbers = [7_u64, 9, 8].map(|number| Message::of(&number).unwrap());
    assert_eq!(merge(None, &numbers).unwrap().json(), "9");
}
