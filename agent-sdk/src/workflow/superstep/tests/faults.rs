//! Mistakes of a program that must not go further than its run.

use std::any::TypeId;

use serde_json::{Value, json};

use super::lab::*;
use crate::workflow::keyed::{KeyedSlot, SlotProbe};
use crate::workflow::superstep::{RunError, TaskAnswer, TaskResult};
use crate::workflow::{
    Exit, Graph, Keyed, MergeError, Message, NodeFacts, RouteError, SLOT_BYTES_MAX,
    STATE_BYTES_MAX, Slot, Target, To,
};

const A: To = To::Node(0);
const B: To = To::Node(1);

type Stock = Keyed<String, u32>;

const STOCK: KeyedSlot = match <SlotProbe<Stock>>::KEYED {
    Some(keyed) => keyed,
    None => panic!("it is keyed"),
};

/// `start >> (a, b)`, both with all slots.
fn both_with(slots: Vec<Slot>) -> Lab {
    started_with(slots, &[A, B])
}

fn started_with(slots: Vec<Slot>, first: &[To]) -> Lab {
    let mut nodes = vec![node("a", executor(), OUT), node("b", executor(), OUT)];
    for node in &mut nodes {
        node.facts = NodeFacts {
            may_write: (1 << slots.len()) - 1,
            ..NodeFacts::default()
        };
    }
    let mut graph = graph(to(first), nodes, vec![]);
    graph.slots = leak(slots);
    let mut lab = Lab::new(graph, &json!(0));
    lab.begin();
    lab
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "it is what stands in a graph or a result"
)]
fn wrote(updates: Vec<(usize, Message)>) -> TaskResult {
    Ok(TaskAnswer {
        messages: vec![message(&json!(1))],
        updates,
        ..TaskAnswer::default()
    })
}

fn letters(count: usize) -> Message {
    // With its quotes it is so long.
    message(&json!("x".repeat(count - 2)))
}

/// One text of all.
#[allow(
    clippy::unnecessary_wraps,
    reason = "it is what stands in a graph or a result"
)]
fn concat(current: Option<&Message>, written: &[Message]) -> Result<Message, MergeError> {
    let all = current.into_iter().chain(written);
    let texts: Vec<String> = all.map(|text| text.read().unwrap()).collect();
    Ok(message(&json!(texts.concat())))
}

#[test]
fn a_slot_that_grows_past_its_limit_by_merging_fails_the_run() {
    let half = SLOT_BYTES_MAX / 2;
    let slots = || vec![slot("mail", TypeId::of::<u8>, None, Some(concat))];
    let mut lab = both_with(slots());
    lab.end_with(vec![
        wrote(vec![(0, letters(half + 1))]),
        wrote(vec![(0, letters(half + 1))]),
    ]);
    assert!(lab.outcome().is_ok(), "exactly the limit");

    let mut lab = both_with(slots());
    lab.end_with(vec![
        wrote(vec![(0, letters(half + 2))]),
        wrote(vec![(0, letters(half + 1))]),
    ]);
    let error = lab.outcome().unwrap_err();
    assert_eq!(error.error_type(), "StateTooLarge");
    assert_eq!(
        error.to_string(),
        "after superstep 1, slot `mail` takes 4194305 bytes of JSON, and the limit is 4194304"
    );
}

#[test]
fn a_state_that_is_too_large_altogether_fails_the_run() {
    let names = ["s0", "s1", "s2", "s3", "s4"];
    let plain = |name: &&'static str| slot(name, TypeId::of::<u8>, None, None);
    let mut lab = both_with(names.iter().map(plain).collect());
    let full = |slot| (slot, letters(SLOT_BYTES_MAX));
    lab.end_with(vec![
        wrote(vec![full(0), full(1)]),
        wrote(vec![full(2), full(3), (4, message(&json!(1)))]),
    ]);
    let bytes = STATE_BYTES_MAX + 1;
    assert_eq!(
        lab.failure(),
        format!(
            "after superstep 1, the state, with slot `s0`, takes {bytes} bytes of JSON, and the \
             limit is {STATE_BYTES_MAX}"
        )
    );
}

#[test]
fn a_default_that_is_too_large_fails_the_start() {
    let default: fn() -> Result<Message, RouteError> = || Ok(letters(SLOT_BYTES_MAX + 1));
    let mut graph = graph(Exit::Drop, vec![], vec![]);
    graph.slots = leak(vec![slot("mail", TypeId::of::<u8>, Some(default), None)]);
    let failure = Lab::new(graph, &json!(0)).failure();
    assert!(
        failure.starts_with("after superstep 0, slot `mail` takes"),
        "{failure}"
    );
}

#[test]
fn one_key_from_two_nodes_names_slot_key_and_nodes() {
    let slots = || {
        let of = TypeId::of::<Stock>;
        vec![slot("stock", of, Some(STOCK.default), Some(STOCK.merge))]
    };
    let put = |key: &str| {
        (
            0,
            Message::of(&Keyed::insert(key.to_owned(), 1_u32)).unwrap(),
        )
    };
    let mut lab = started_with(slots(), &[A, A]);
    lab.end_with(vec![wrote(vec![put("nut")]), wrote(vec![put("nut")])]);
    let twice = lab.outcome().unwrap_err().to_string();
    assert!(twice.starts_with("two runs of `a` wrote key"), "{twice}");
    let mut lab = both_with(slots());
    lab.end_with(vec![wrote(vec![put("nut")]), wrote(vec![put("nut")])]);
    let error = lab.outcome().unwrap_err();
    assert_eq!(error.error_type(), "StateConflict");
    assert_eq!(
        error.to_string(),
        "`a` and `b` wrote key \"nut\" of the slot `stock` at the same time, in superstep 1; give \
         each its own keys"
    );
}

fn broken(graph: Graph, values: &[Value]) -> RunError {
    let mut lab = Lab::new(graph, &json!(0));
    if !values.is_empty() {
        lab.begin();
        lab.end(values);
    }
    lab.outcome().unwrap_err()
}

#[allow(clippy::panic, reason = "it is what is tested")]
fn never(_: &Message) -> Result<Message, RouteError> {
    panic!("no letter {}", 13)
}

#[test]
fn a_panic_on_the_way_fails_the_run_and_says_where() {
    let place = |who: &str| {
        format!(
            "what hands on the messages of `{who}` (`Into`, arms, guards) panicked: no letter 13"
        )
    };
    let from_a = |exit| graph(to(&[A]), vec![node("a", executor(), exit)], vec![]);
    let target = Target {
        to: A,
        convert: &never,
    };
    let arms = Exit::Switch {
        route: &|message| never(message).map(|_| vec![]),
        arms: &[],
    };
    for exit in [Exit::Output(&never), Exit::To(leak(vec![target])), arms] {
        let error = broken(from_a(exit), &[json!(1)]);
        assert_eq!(error.error_type(), "Panic");
        assert_eq!(error.to_string(), place("a"));
    }
    let start = graph(Exit::Output(&never), vec![], vec![]);
    assert_eq!(broken(start, &[]).to_string(), place("__workflow_start__"));
}

#[test]
#[allow(clippy::panic, reason = "it is what is tested")]
fn a_panic_of_a_fan_in_a_default_or_a_reducer_fails_the_run() {
    let mut fan_in = join(2, &[0, 1]);
    fan_in.convert = &|_| panic!("no pair");
    let nodes = vec![
        node("a", executor(), to(&[To::Join { join: 0, slot: 0 }])),
        node("b", executor(), to(&[To::Join { join: 0, slot: 1 }])),
        node("c", executor(), OUT),
    ];
    let error = broken(
        graph(to(&[A, B]), nodes, vec![fan_in]),
        &[json!(1), json!(2)],
    );
    assert!(error.to_string().ends_with("panicked: no pair"), "{error}");

    let mut with_default = graph(Exit::Drop, vec![], vec![]);
    let default: fn() -> Result<Message, RouteError> = || panic!("no stamp");
    with_default.slots = leak(vec![slot("mail", TypeId::of::<u8>, Some(default), None)]);
    assert_eq!(
        broken(with_default, &[]).to_string(),
        "the default of the slot `mail` panicked: no stamp"
    );

    let reducer = slot(
        "mail",
        TypeId::of::<u8>,
        None,
        Some(|_, _| panic!("no ink")),
    );
    let mut lab = both_with(vec![reducer]);
    lab.end_with(vec![wrote(vec![(0, letters(5))]), wrote(vec![])]);
    assert_eq!(
        lab.failure(),
        "the reducer of the slot `mail` panicked: no ink"
    );
}
