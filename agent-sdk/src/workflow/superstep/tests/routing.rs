//! Where messages go.

use serde_json::json;

use super::lab::*;
use crate::workflow::superstep::{MESSAGES_MAX, START_SOURCE, TaskAnswer, Work};
use crate::workflow::{Exit, NodeFacts, OutputCount, To};

const A: To = To::Node(0);
const B: To = To::Node(1);
const C: To = To::Node(2);
const D: To = To::Node(3);

#[test]
fn messages_keep_the_order_of_tasks_and_then_of_targets() {
    let nodes = vec![
        node("a", executor(), to(&[D, C])),
        node("b", executor(), to(&[C, D])),
        node("c", executor(), OUT),
        node("d", executor(), OUT),
    ];
    let mut lab = Lab::new(graph(to(&[B, A]), nodes, vec![]), &json!(0));
    lab.step(&["b 0", "a 0"], &[json!("from b"), json!("from a")]);
    lab.step(
        &[
            r#"c "from b""#,
            r#"d "from b""#,
            r#"d "from a""#,
            r#"c "from a""#,
        ],
        &[json!(1), json!(2), json!(3), json!(4)],
    );
    assert_eq!(lab.outcome().unwrap(), ["1", "2", "3", "4"]);
}

#[test]
fn a_choice_takes_one_way_or_several_or_none() {
    let run = |input: u32| {
        let nodes = vec![node("a", executor(), OUT), node("b", executor(), OUT)];
        let start = switch(&[&[A], &[B, A], &[]]);
        Lab::new(graph(start, nodes, vec![]), &json!(input))
    };
    assert_eq!(run(0).begin(), ["a 0"]);
    assert_eq!(run(1).begin(), ["b 1", "a 1"]);
    assert_eq!(run(2).outcome().unwrap(), [""; 0]);
    let mut wrong = Lab::new(graph(switch(&[]), vec![], vec![]), &json!("no number"));
    let failure = wrong.failure();
    assert!(
        failure.contains("what `__workflow_start__` sent could not be handed on"),
        "{failure}"
    );
}

/// `start >> (a, b) >> c`, entered as `entries` say.
fn fan_in(entries: &[To]) -> Lab {
    let nodes = vec![
        node("a", executor(), to(&[To::Join { join: 0, slot: 0 }])),
        node("b", executor(), to(&[To::Join { join: 0, slot: 1 }])),
        node("c", executor(), OUT),
    ];
    Lab::new(graph(to(entries), nodes, vec![join(2, &[0, 1])]), &json!(0))
}

#[test]
fn a_fan_in_takes_its_sources_in_written_order() {
    let mut lab = fan_in(&[B, A]);
    lab.step(&["b 0", "a 0"], &[json!("b"), json!("a")]);
    assert_eq!(lab.begin(), [r#"c ["a","b"]"#]);
    let Work::Executor { sources, .. } = &lab.tasks[0].work else {
        panic!("no executor");
    };
    assert_eq!(**sources, ["a", "b"]);
}

#[test]
fn rounds_of_a_fan_in_pair_up_first_in_first_out() {
    let mut lab = fan_in(&[A, A, B, B]);
    lab.step(
        &["a 0", "a 0", "b 0", "b 0"],
        &[json!("a1"), json!("a2"), json!("b1"), json!("b2")],
    );
    lab.step(
        &[r#"c ["a1","b1"]"#, r#"c ["a2","b2"]"#],
        &[json!(1), json!(2)],
    );
    assert_eq!(lab.outcome().unwrap(), ["1", "2"]);
}

#[test]
fn a_fan_in_waits_for_the_slower_path() {
    let nodes = vec![
        node("a", executor(), to(&[To::Join { join: 0, slot: 0 }])),
        node("slow", executor(), to(&[C])),
        node("b", executor(), to(&[To::Join { join: 0, slot: 1 }])),
        node("d", executor(), OUT),
    ];
    let mut lab = Lab::new(graph(to(&[A, B]), nodes, vec![join(3, &[0, 2])]), &json!(0));
    lab.step(&["a 0", "slow 0"], &[json!(1), json!(2)]);
    lab.step(&["b 2"], &[json!(3)]);
    lab.step(&["d [1,3]"], &[json!("end")]);
    assert_eq!(lab.outcome().unwrap(), ["\"end\""]);
}

#[test]
fn what_is_left_in_a_fan_in_fails_the_run_by_name() {
    let mut lab = fan_in(&[A, A, B]);
    lab.step(&["a 0", "a 0", "b 0"], &[json!(1), json!(2), json!(3)]);
    lab.step(&["c [1,3]"], &[json!(4)]);
    assert_eq!(
        lab.failure(),
        "the run ended while the fan-in before `c` still had 1 of `a` that nothing from `b` goes \
         with"
    );
}

/// `start >> each(a) >> ..`
fn each(exit: Exit, entries: &[To]) -> Lab {
    let mut item = node("a", executor(), exit);
    item.each = true;
    let nodes = vec![item, node("b", executor(), OUT)];
    Lab::new(graph(to(entries), nodes, vec![]), &json!([1, 2, 3]))
}

#[test]
fn each_runs_per_item_and_gives_the_list_in_order() {
    let mut lab = each(to(&[B]), &[To::Each(0)]);
    lab.step(
        &["a 1", "a 2", "a 3"],
        &[json!("x"), json!({}), json!(null)],
    );
    lab.step(&[r#"b ["x",{},null]"#], &[json!("end")]);
    assert_eq!(lab.outcome().unwrap(), ["\"end\""]);
}

#[test]
fn rounds_of_each_do_not_mix() {
    let mut lab = each(to(&[B]), &[To::Each(0), To::Each(0)]);
    let given: Vec<_> = (10..16).map(|number| json!(number)).collect();
    lab.step(&["a 1", "a 2", "a 3", "a 1", "a 2", "a 3"], &given);
    assert_eq!(lab.begin(), ["b [10,11,12]", "b [13,14,15]"]);
}

#[test]
fn an_empty_list_goes_on_at_once() {
    let mut item = node("a", executor(), to(&[B, To::Join { join: 0, slot: 0 }]));
    item.each = true;
    let nodes = vec![
        item,
        node("b", executor(), to(&[To::Join { join: 0, slot: 1 }])),
        node("c", executor(), OUT),
    ];
    let start = to(&[To::Each(0)]);
    let mut lab = Lab::new(graph(start, nodes, vec![join(2, &[0, 1])]), &json!([]));
    lab.step(&["b []"], &[json!("b")]);
    assert_eq!(lab.begin(), [r#"c [[],"b"]"#]);
}

#[test]
fn every_item_of_an_open_each_is_an_output() {
    let mut lab = each(OUT, &[To::Each(0)]);
    lab.step(&["a 1", "a 2", "a 3"], &[json!(4), json!(5), json!(6)]);
    assert_eq!(lab.outcome().unwrap(), ["4", "5", "6"]);
}

#[test]
fn what_is_no_list_is_named() {
    let mut item = node("a", executor(), OUT);
    item.each = true;
    let mut lab = Lab::new(graph(to(&[To::Each(0)]), vec![item], vec![]), &json!(7));
    let failure = lab.failure();
    assert!(
        failure.starts_with("`each(a)` was sent something that is no list: "),
        "{failure}"
    );
}

#[test]
fn a_node_sends_one_message_unless_it_declares_more() {
    let two = || TaskAnswer {
        messages: vec![message(&json!(1)), message(&json!(2))],
        outputs: vec![message(&json!("own"))],
        ..TaskAnswer::default()
    };
    let build = |sends| {
        let mut sender = node("a", executor(), OUT);
        sender.facts = NodeFacts {
            sends,
            ..NodeFacts::default()
        };
        let mut lab = Lab::new(graph(to(&[A]), vec![sender], vec![]), &json!(0));
        lab.begin();
        lab.end_with(vec![Ok(two())]);
        lab
    };
    assert_eq!(build(true).outcome().unwrap(), ["\"own\"", "1", "2"]);
    assert_eq!(
        build(false).failure(),
        "node `a` gave 2 messages; without `sends` it is one"
    );
}

#[test]
fn the_start_is_a_source_too() {
    let nodes = vec![node("a", executor(), OUT)];
    let mut lab = Lab::new(graph(to(&[A]), nodes, vec![]), &json!(0));
    lab.begin();
    let Work::Executor { sources, .. } = &lab.tasks[0].work else {
        panic!("no executor");
    };
    assert_eq!(**sources, [START_SOURCE]);
}

#[test]
fn a_loop_that_does_not_end_says_where_it_was() {
    let nodes = vec![
        node("a", executor(), to(&[B, C])),
        node("b", executor(), to(&[A])),
        node("c", executor(), Exit::Drop),
    ];
    let mut lab = Lab::new(graph(to(&[A]), nodes, vec![]), &json!(0));
    for _ in 0..5 {
        lab.step(&["a 0"], &[json!(0)]);
        lab.step(&["b 0", "c 0"], &[json!(0), json!(0)]);
    }
    assert_eq!(
        lab.failure(),
        "the run did not end within 10 supersteps; messages were waiting for `a`"
    );
}

#[test]
fn messages_have_a_limit() {
    let item: Vec<u8> = vec![0; MESSAGES_MAX + 1];
    let mut each = node("a", executor(), OUT);
    each.each = true;
    let mut lab = Lab::new(graph(to(&[To::Each(0)]), vec![each], vec![]), &json!(item));
    assert_eq!(
        lab.failure(),
        "10001 messages at once are more than 10000, from `__workflow_start__`"
    );
}

#[test]
fn the_number_of_outputs_is_checked() {
    let run = |outputs, arm: u32| {
        let nodes = vec![node("a", executor(), OUT), node("b", executor(), OUT)];
        let mut graph = graph(switch(&[&[], &[A], &[A, B]]), nodes, vec![]);
        graph.outputs = outputs;
        let mut lab = Lab::new(graph, &json!(arm));
        if arm > 0 {
            let count = lab.begin().len();
            lab.end(&vec![json!(1); count]);
        }
        lab.outcome().map_err(|error| error.to_string())
    };
    let table = [
        (OutputCount::None, [true, false, false], "no output"),
        (OutputCount::One, [false, true, false], "exactly one output"),
        (
            OutputCount::AtMostOne,
            [true, true, false],
            "at most one output",
        ),
        (OutputCount::Any, [true, true, true], ""),
    ];
    for (outputs, fits, text) in table {
        for (count, fits) in (0_u32..).zip(fits) {
            let wrong = format!("a run of `lab` gives {text}, and this one gave {count}");
            match run(outputs, count) {
                Ok(given) => assert!(fits && given.len() == count as usize, "{outputs:?}"),
                Err(error) => assert!(!fits && error == wrong, "{error}"),
            }
        }
    }
}
