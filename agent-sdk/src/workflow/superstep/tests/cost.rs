//! What a run costs must not grow with what lies behind it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::lab::*;
use crate::workflow::superstep::Next;
use crate::workflow::{MergeError, Message, RouteError, To};

static MERGED: AtomicU64 = AtomicU64::new(0);

fn count(_: Option<&Message>, written: &[Message]) -> Result<Message, MergeError> {
    MERGED.fetch_add(1, Ordering::Relaxed);
    Ok(Message::of(&written.len()).map_err(|error| wrong(&error.to_string()))?)
}

#[test]
fn a_thousand_items_share_what_they_see_and_are_merged_once() {
    let mut item = node("a", executor(), to(&[To::Node(1)]));
    item.each = true;
    item.facts.reads = 1;
    item.facts.writes = 1;
    let nodes = vec![item, node("b", executor(), OUT)];
    let mut graph = graph(to(&[To::Each(0)]), nodes, vec![]);
    let zero: fn() -> Result<Message, RouteError> = || Ok(message(&json!(0)));
    let type_id = std::any::TypeId::of::<u8>;
    graph.slots = leak(vec![slot("count", type_id, Some(zero), Some(count))]);
    let items: Vec<u32> = (0..1000).collect();
    let mut lab = Lab::new(graph, &json!(items));
    assert_eq!(lab.begin().len(), 1000);
    let state = |task: usize| match &lab.tasks[task].work {
        crate::workflow::superstep::Work::Executor { state, .. } => state.as_ptr(),
        other => panic!("no executor: {other:?}"),
    };
    let first = state(0);
    assert!(
        (1..1000).all(|task| state(task) == first),
        "the state was copied"
    );
    let given = |item: &u32| {
        Ok(crate::workflow::superstep::TaskAnswer {
            updates: vec![(0, message(&json!(1)))],
            ..crate::workflow::superstep::TaskAnswer::message(message(&json!(item)))
        })
    };
    lab.end_with(items.iter().map(given).collect());
    assert_eq!(lab.begin().len(), 1);
    assert_eq!(MERGED.load(Ordering::Relaxed), 1);
}

/// All that a run goes through in a superstep is in it, so it must not grow.
#[test]
fn a_run_does_not_grow_with_its_supersteps() {
    const ROUNDS: u32 = 20_000;
    let join = |slot| To::Join { join: 0, slot };
    let mut item = node("b", executor(), to(&[join(1)]));
    item.each = true;
    let nodes = vec![
        node("a", executor(), to(&[join(0)])),
        item,
        node("c", executor(), to(&[To::Node(0), To::Each(1)])),
    ];
    let fan_in = super::lab::join(2, &[0, 1]);
    let start = to(&[To::Node(0), To::Each(1)]);
    let mut graph = graph(start, nodes, vec![fan_in]);
    graph.supersteps_max = ROUNDS;
    let mut lab = Lab::new(graph, &json!([1, 2]));
    let mut sizes = Vec::new();
    for round in 1..=ROUNDS {
        let count = lab.begin().len();
        lab.end(&vec![json!([3, 4]); count]);
        lab.run.take_events();
        if round % 5000 == 0 {
            sizes.push(format!("{:?}", lab.run).len());
        }
    }
    assert!(matches!(lab.run.next_step(), Next::Done(Err(_))));
    let (first, last) = (sizes[0], sizes[3]);
    // Only its counters have more digits.
    assert!(last < first + 20, "{sizes:?}");
}
