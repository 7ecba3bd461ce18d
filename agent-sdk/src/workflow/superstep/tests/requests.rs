//! Questions and answers.

use std::time::Duration;

use serde_json::json;

use super::lab::*;
use crate::workflow::superstep::{AnswerError, EventKind, Next, RequestId};
use crate::workflow::{Exit, NodeCode, OutputCount, To};

const A: To = To::Node(0);
const B: To = To::Node(1);
const C: To = To::Node(2);

fn id(text: &str) -> RequestId {
    RequestId::from_text(text)
}

/// Ports `a` (no limit), `b` (limit and default), `c` (limit); then `d`.
fn ports(entries: &[To]) -> Lab {
    let minute = Some(Duration::from_mins(1));
    let d = To::Node(3);
    let nodes = vec![
        node("a", port(None, false), to(&[d])),
        node("b", port(minute, true), to(&[d])),
        node("c", port(minute, false), to(&[d])),
        node("d", executor(), OUT),
    ];
    Lab::new(graph(to(entries), nodes, vec![]), &json!("question"))
}

#[test]
fn requests_are_open_at_once_and_are_answered_in_any_order() {
    let mut lab = ports(&[A, A, B]);
    lab.waits();
    assert_eq!(lab.open(), ["a-0", "a-1", "b-0"]);
    assert!(lab.run.status().waiting);
    lab.run
        .answer(&id("a-1"), message(&json!("second")))
        .unwrap();
    assert!(!lab.run.status().waiting);
    lab.run
        .answer(&id("b-0"), message(&json!("third")))
        .unwrap();
    assert_eq!(lab.open(), ["a-0"]);
    lab.step(&[r#"d "second""#, r#"d "third""#], &[json!(1), json!(2)]);
    lab.waits();
    lab.run
        .answer(&id("a-0"), message(&json!("first")))
        .unwrap();
    lab.step(&[r#"d "first""#], &[json!(3)]);
    assert_eq!(lab.outcome().unwrap(), ["1", "2", "3"]);
}

#[test]
fn an_answer_that_comes_during_a_superstep_waits_for_the_next() {
    let nodes = vec![
        node("a", port(None, false), to(&[C])),
        node("b", executor(), to(&[C])),
        node("c", executor(), OUT),
    ];
    let mut lab = Lab::new(graph(to(&[A, B]), nodes, vec![]), &json!(0));
    assert_eq!(lab.begin(), ["b 0"]);
    lab.run
        .answer(&id("a-0"), message(&json!("early")))
        .unwrap();
    lab.waits();
    lab.end(&[json!("late")]);
    // First what the superstep gave, then the answers that came meanwhile.
    lab.step(&[r#"c "late""#, r#"c "early""#], &[json!(1), json!(2)]);
    assert_eq!(lab.outcome().unwrap(), ["1", "2"]);
}

#[test]
fn an_id_is_open_or_closed_or_unknown() {
    let mut lab = ports(&[A]);
    lab.waits();
    let answer = || message(&json!(1));
    for unknown in ["a-1", "a-00", "a-+0", "b-0", "d-0", "a", "", "x-0", "a--1"] {
        let taken = lab.run.answer(&id(unknown), answer());
        assert_eq!(taken, Err(AnswerError::Unknown(id(unknown))), "{unknown}");
    }
    lab.run.answer(&id("a-0"), answer()).unwrap();
    let closed = Err(AnswerError::Closed(id("a-0")));
    assert_eq!(lab.run.answer(&id("a-0"), answer()), closed);
    assert_eq!(lab.run.expire(&id("a-0")), closed);
    assert_eq!(lab.run.cancel(&id("a-0")), closed);
    assert_eq!(lab.begin().len(), 1);
    lab.end(&[json!(1)]);
    lab.outcome().unwrap();
    assert_eq!(lab.run.answer(&id("a-0"), answer()), closed);
}

#[test]
fn an_answer_of_the_wrong_type_leaves_the_request_open() {
    let mut lab = ports(&[A]);
    lab.waits();
    let error = lab.run.check_answer(&id("a-0"), "\"wrong\"").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer to request `a-0` does not fit: answer: it is wrong"
    );
    assert_eq!(lab.open(), ["a-0"]);
    let answer = lab.run.check_answer(&id("a-0"), " { \"x\" : 1 }").unwrap();
    assert_eq!(answer.json(), r#"{"x":1}"#);
    let unknown = lab.run.check_answer(&id("a-9"), "1");
    assert_eq!(unknown, Err(AnswerError::Unknown(id("a-9"))));
}

#[test]
fn a_request_that_expires_takes_its_default_or_fails_the_run() {
    let mut lab = ports(&[B]);
    lab.waits();
    lab.run.expire(&id("b-0")).unwrap();
    lab.step(&[r#"d {"default_for":"question"}"#], &[json!(1)]);
    lab.outcome().unwrap();

    let mut lab = ports(&[C, B]);
    lab.waits();
    lab.run.expire(&id("c-0")).unwrap();
    assert_eq!(
        lab.failure(),
        "request `c-0` of `c` was not answered within 60s"
    );
    assert_eq!(lab.open(), [""; 0]);
    let closed = Err(AnswerError::Closed(id("b-0")));
    assert_eq!(lab.run.answer(&id("b-0"), message(&json!(1))), closed);
}

#[test]
fn a_default_that_fails_is_named() {
    let nodes = vec![node("a", port(Some(Duration::ZERO), true), OUT)];
    let mut lab = Lab::new(graph(to(&[A]), nodes, vec![]), &json!(13));
    lab.waits();
    lab.run.expire(&id("a-0")).unwrap();
    assert_eq!(
        lab.failure(),
        "the default answer to request `a-0` of `a` failed: Unlucky: thirteen"
    );
}

#[test]
fn an_expiry_fails_a_run_whose_tasks_are_under_way() {
    let nodes = vec![
        node("a", port(Some(Duration::ZERO), false), OUT),
        node("b", executor(), OUT),
    ];
    let mut lab = Lab::new(graph(to(&[A, B]), nodes, vec![]), &json!(0));
    lab.begin();
    lab.run.expire(&id("a-0")).unwrap();
    assert!(matches!(lab.run.next_step(), Next::Done(Err(_))));
    lab.end(&[json!(1)]);
    assert_eq!(
        lab.failure(),
        "request `a-0` of `a` was not answered within 0ns"
    );
}

#[test]
fn a_request_that_is_withdrawn_ends_its_path() {
    let mut lab = ports(&[A, B]);
    lab.waits();
    lab.run.cancel(&id("a-0")).unwrap();
    lab.waits();
    lab.run.answer(&id("b-0"), message(&json!(1))).unwrap();
    lab.step(&["d 1"], &[json!(2)]);
    assert_eq!(lab.outcome().unwrap(), ["2"]);

    let mut graph = graph(to(&[A]), vec![node("a", port(None, false), OUT)], vec![]);
    graph.outputs = OutputCount::One;
    let mut lab = Lab::new(graph, &json!(0));
    lab.waits();
    lab.run.cancel(&id("a-0")).unwrap();
    assert_eq!(
        lab.failure(),
        "a run of `lab` gives exactly one output, and this one gave 0; withdrawn requests: `a-0`"
    );
}

#[test]
fn each_asks_once_per_item_and_keeps_their_order() {
    let mut each = node("a", port(None, false), to(&[B]));
    each.each = true;
    let nodes = vec![each, node("b", executor(), OUT)];
    let start = to(&[To::Each(0)]);
    let mut lab = Lab::new(graph(start, nodes, vec![]), &json!([1, 2, 3, 4]));
    lab.waits();
    assert_eq!(lab.open(), ["a-0", "a-1", "a-2", "a-3"]);
    for (request, answer) in [("a-3", 40), ("a-0", 10)] {
        lab.run
            .answer(&id(request), message(&json!(answer)))
            .unwrap();
        lab.waits();
    }
    lab.run.cancel(&id("a-1")).unwrap();
    lab.waits();
    lab.run.answer(&id("a-2"), message(&json!(30))).unwrap();
    // What was withdrawn is left out.
    lab.step(&["b [10,30,40]"], &[json!("end")]);
    lab.outcome().unwrap();
}

#[test]
fn a_run_that_only_asks_still_counts_its_supersteps() {
    let nodes = vec![node("a", port(None, false), to(&[A]))];
    let mut lab = Lab::new(graph(to(&[A]), nodes, vec![]), &json!(0));
    for round in 0..10 {
        lab.waits();
        let request = RequestId::new("a", round);
        assert_eq!(lab.open(), [request.as_str()]);
        lab.run.answer(&request, message(&json!(round))).unwrap();
    }
    assert_eq!(
        lab.failure(),
        "the run did not end within 10 supersteps; messages were waiting for `a`"
    );
}

#[test]
fn events_are_written_as_others_read_them() {
    let nodes = vec![
        node("a", executor(), to(&[B])),
        node("b", port(None, false), to(&[C])),
        node("c", executor(), OUT),
    ];
    let mut lab = Lab::new(graph(to(&[A]), nodes, vec![]), &json!({"n": 1}));
    lab.step(&[r#"a {"n":1}"#], &[json!("ask")]);
    lab.waits();
    lab.run.answer(&id("b-0"), message(&json!("yes"))).unwrap();
    lab.step(&[r#"c "yes""#], &[json!("end")]);
    lab.outcome().unwrap();
    let events = lab.run.take_events();
    let lines: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap())
        .collect();
    let expected = [
        r#"{"type":"started","data":{"n":1},"iteration":0}"#,
        r#"{"type":"superstep_started","iteration":1}"#,
        r#"{"type":"executor_invoked","executor_id":"a","data":{"n":1},"iteration":1}"#,
        r#"{"type":"executor_completed","executor_id":"a","data":["ask"],"iteration":1}"#,
        r#"{"type":"superstep_completed","iteration":1}"#,
        r#"{"type":"superstep_started","iteration":2}"#,
        concat!(
            r#"{"type":"request_info","data":"ask","request_id":"b-0","source_executor_id":"b","#,
            r#""response_type":"Answer","iteration":2}"#
        ),
        r#"{"type":"superstep_completed","iteration":2}"#,
        concat!(
            r#"{"type":"request_answered","data":"yes","request_id":"b-0","#,
            r#""source_executor_id":"b","iteration":2}"#
        ),
        r#"{"type":"superstep_started","iteration":3}"#,
        r#"{"type":"executor_invoked","executor_id":"c","data":"yes","iteration":3}"#,
        r#"{"type":"executor_completed","executor_id":"c","data":["end"],"iteration":3}"#,
        r#"{"type":"output","executor_id":"c","data":"end","iteration":3}"#,
        r#"{"type":"superstep_completed","iteration":3}"#,
        r#"{"type":"completed","data":["end"],"iteration":3}"#,
    ];
    assert_eq!(lines, expected);
    assert!(lab.run.take_events().is_empty());
}

#[test]
fn a_failure_is_an_event_with_its_type() {
    let mut lab = Lab::new(graph(switch(&[]), vec![], vec![]), &json!("x"));
    lab.failure();
    let events = lab.run.take_events();
    assert_eq!(events.last().unwrap().kind, EventKind::Failed);
    let line = serde_json::to_value(events.last().unwrap()).unwrap();
    assert_eq!(line["data"]["error_type"], "RoutingFailed");
}

fn linked(lab: &Lab) -> Vec<String> {
    let of = |task: &crate::workflow::superstep::Task| match &task.work {
        crate::workflow::superstep::Work::Executor { requests, .. } => {
            let ids: Vec<&str> = requests.iter().map(|(_, id)| id.as_str()).collect();
            ids.join(" ")
        }
        other => panic!("no executor: {other:?}"),
    };
    lab.tasks.iter().map(of).collect()
}

/// `start >> notify`, `x >> (notify, ask)`: notify has run more often than ask.
#[test]
fn a_function_is_told_the_request_that_its_own_message_asks() {
    let nodes = vec![
        node("x", executor(), to(&[To::Node(1), To::Node(2)])),
        node("notify", executor(), Exit::Drop),
        node("ask", port(None, false), Exit::Drop),
    ];
    let start = to(&[To::Node(1), To::Node(0), To::Node(0)]);
    let mut lab = Lab::new(graph(start, nodes, vec![]), &json!(0));
    lab.begin();
    // Two of `x` lead to it, so none knows which of the two requests is its own.
    assert_eq!(linked(&lab), ["", "", ""]);
    lab.end(&[json!(0), json!(1), json!(2)]);
    assert_eq!(lab.begin(), ["notify 1", "notify 2"]);
    assert_eq!(linked(&lab), ["ask-0", "ask-1"]);
}

#[test]
fn a_function_before_a_port_is_told_the_next_request() {
    let nodes = vec![
        node("tell", executor(), to(&[To::Node(1)])),
        node("ask", port(None, false), to(&[To::Node(0)])),
    ];
    let mut lab = Lab::new(graph(to(&[To::Node(0)]), nodes, vec![]), &json!(0));
    lab.begin();
    assert_eq!(linked(&lab), ["ask-0"]);
}

/// `start >> tell >> match { .. }`: what the arms lead to decides whether there will be a request.
#[test]
fn a_function_before_a_match_is_told_a_request_that_every_arm_asks() {
    let (ask, other) = (To::Node(1), To::Node(2));
    let arms: [(&[&[To]], &str); 5] = [
        (&[&[ask], &[ask, other]], "ask-0"),
        (&[&[ask], &[other]], ""),
        (&[&[ask], &[]], ""),
        (&[&[To::Each(1)], &[ask]], ""),
        (&[], ""),
    ];
    for (arms, expected) in arms {
        let nodes = vec![
            node("tell", executor(), switch(arms)),
            node("ask", port(None, false), Exit::Drop),
            node("other", executor(), Exit::Drop),
        ];
        let mut lab = Lab::new(graph(to(&[To::Node(0)]), nodes, vec![]), &json!(0));
        lab.begin();
        assert_eq!(linked(&lab), [expected], "{arms:?}");
    }
}

/// `start >> tell >> next >> ..`: some nodes further on.
#[test]
fn a_function_is_told_a_request_further_on_only_if_it_is_certain() {
    let (a, b, ask) = (To::Node(2), To::Node(3), To::Node(4));
    let linked_with = |exits: [Exit; 3], sends: bool, first: NodeCode| {
        let [next, of_a, of_b] = exits;
        let mut nodes = vec![
            node("tell", executor(), to(&[To::Node(1)])),
            node("next", first, next),
            node("a", executor(), of_a),
            node("b", executor(), of_b),
            node("ask", port(None, false), Exit::Drop),
        ];
        nodes[2].facts.sends = sends;
        let mut lab = Lab::new(graph(to(&[To::Node(0)]), nodes, vec![]), &json!(0));
        lab.begin();
        linked(&lab).remove(0)
    };
    let both = || switch(&[&[a], &[b]]);
    let case = |exits| linked_with(exits, false, executor());
    assert_eq!(
        case([both(), to(&[ask]), to(&[ask])]),
        "ask-0",
        "by every way"
    );
    assert_eq!(case([both(), to(&[ask]), Exit::Drop]), "", "not by one");
    assert_eq!(
        case([both(), to(&[ask]), to(&[To::Node(1)])]),
        "",
        "round and round"
    );
    assert_eq!(
        case([both(), to(&[b]), to(&[ask])]),
        "ask-0",
        "where the ways meet"
    );
    let sends = linked_with([to(&[a]), to(&[ask]), OUT], true, executor());
    assert_eq!(sends, "", "it may send nothing");
    let asks = linked_with([to(&[a]), to(&[ask]), OUT], false, port(None, false));
    assert_eq!(asks, "next-0", "and that may be withdrawn");
}
