//! State, failures, agents and what becomes of results.

use std::any::TypeId;
use std::time::Duration;

use durable_task::Failure;
use serde_json::{Value, json};

use super::lab::*;
use crate::agent::RunAnswer;
use crate::model::{ChatMessage, FinishReason, Role, Usage};
use crate::workflow::superstep::{EventKind, Next, RunError, TaskAnswer, TaskResult, Work};
use crate::workflow::{Exit, Graph, MergeError, Message, NodeFacts, OutputCount, RouteError, To};

const A: To = To::Node(0);
const B: To = To::Node(1);
const C: To = To::Node(2);

#[allow(
    clippy::unnecessary_wraps,
    reason = "it stands among results that are failures"
)]
fn wrote(value: &Value, updates: &[(usize, Value)]) -> TaskResult {
    let update = |(slot, value): &(usize, Value)| (*slot, message(value));
    Ok(TaskAnswer {
        messages: vec![message(value)],
        updates: updates.iter().map(update).collect(),
        ..TaskAnswer::default()
    })
}

/// Adds numbers to the end of a list.
fn append(current: Option<&Message>, written: &[Message]) -> Result<Message, MergeError> {
    let mut list: Vec<Value> = current.map_or_else(Vec::new, |list| list.read().unwrap());
    for value in written {
        if value.json() == "13" {
            return Err(wrong("thirteen").into());
        }
        list.push(value.read().unwrap());
    }
    Ok(message(&json!(list)))
}

/// `start >> (a, b)`, `a >> c`: slots `plain` (0) and `list` (1, merged, with a default).
fn with_state() -> Lab {
    let facts = NodeFacts {
        reads: 0b11,
        may_write: 0b11,
        ..NodeFacts::default()
    };
    let mut nodes = vec![
        node("a", executor(), to(&[C])),
        node("b", executor(), Exit::Drop),
        node("c", executor(), OUT),
    ];
    for node in &mut nodes {
        node.facts = facts;
    }
    let mut graph = graph(to(&[A, B]), nodes, vec![]);
    graph.slots = leak(vec![
        slot("plain", TypeId::of::<u8>, None, None),
        slot(
            "list",
            TypeId::of::<u16>,
            Some(|| Ok(message(&json!([0])))),
            Some(append),
        ),
    ]);
    Lab::new(graph, &json!(0))
}

fn state(lab: &Lab, task: usize) -> String {
    let Work::Executor { state, .. } = &lab.tasks[task].work else {
        panic!("no executor");
    };
    let shown: Vec<String> = state
        .iter()
        .map(|(slot, value)| format!("{slot}={}", value.json()))
        .collect();
    shown.join(" ")
}

#[test]
fn a_superstep_sees_the_state_of_its_start() {
    let mut lab = with_state();
    lab.begin();
    assert_eq!(
        (state(&lab, 0), state(&lab, 1)),
        ("1=[0]".into(), "1=[0]".into())
    );
    lab.end_with(vec![
        wrote(&json!(1), &[(1, json!(1)), (0, json!("a")), (1, json!(2))]),
        wrote(&json!(1), &[(1, json!(3))]),
    ]);
    lab.begin();
    assert_eq!(state(&lab, 0), r#"0="a" 1=[0,1,2,3]"#);
}

#[test]
fn only_declared_slots_are_sent_and_taken() {
    let mut nodes = vec![node("a", executor(), OUT)];
    nodes[0].facts.may_read = 0b10;
    nodes[0].facts.writes = 0b10;
    let mut graph = graph(to(&[A]), nodes, vec![]);
    let five: fn() -> Result<Message, RouteError> = || Ok(message(&json!(5)));
    graph.slots = leak(vec![
        slot("one", TypeId::of::<u8>, Some(five), None),
        slot("two", TypeId::of::<u16>, Some(five), None),
    ]);
    let mut lab = Lab::new(graph, &json!(0));
    lab.begin();
    assert_eq!(state(&lab, 0), "1=5");
    lab.end_with(vec![wrote(&json!(1), &[(0, json!(1))])]);
    assert_eq!(
        lab.failure(),
        "node `a` wrote the slot 0 without having declared it"
    );
}

#[test]
fn two_tasks_that_write_one_slot_fail_the_run() {
    let mut lab = with_state();
    lab.begin();
    let both = || wrote(&json!(1), &[(0, json!("same"))]);
    lab.end_with(vec![both(), both()]);
    assert_eq!(
        lab.failure(),
        "`a` and `b` wrote the slot `plain` at the same time, in superstep 1; add \
         `#[slot(reduce = ..)]` to it"
    );
    // Twice in one task: what was written last counts.
    let mut lab = with_state();
    lab.begin();
    lab.end_with(vec![
        wrote(&json!(1), &[(0, json!(1)), (0, json!(2))]),
        wrote(&json!(1), &[]),
    ]);
    lab.begin();
    assert_eq!(state(&lab, 0), "0=2 1=[0]");
}

#[test]
fn mistakes_in_defaults_and_reducers_are_named() {
    let mut lab = with_state();
    lab.begin();
    lab.end_with(vec![
        wrote(&json!(1), &[(0, json!(1)), (1, json!(13))]),
        wrote(&json!(1), &[]),
    ]);
    assert_eq!(
        lab.failure(),
        "the slot `list`: a message of type `A` could not become `B`: thirteen"
    );
    let mut graph = graph(Exit::Drop, vec![], vec![]);
    graph.slots = leak(vec![slot(
        "bad",
        TypeId::of::<u8>,
        Some(|| Err(wrong("no"))),
        None,
    )]);
    assert!(
        Lab::new(graph, &json!(0))
            .failure()
            .starts_with("the slot `bad`: ")
    );
}

#[test]
fn a_failure_says_which_node_and_when_and_applies_nothing() {
    let mut lab = with_state();
    lab.begin();
    lab.end_with(vec![
        wrote(&json!(1), &[(0, json!("a"))]),
        Err(Failure::new("Mail", "no such address").non_retriable()),
    ]);
    let error = lab.outcome().unwrap_err();
    assert_eq!(
        error.to_string(),
        "node `b` failed in superstep 1: Mail: no such address"
    );
    let failure = Failure::from(error);
    assert_eq!(failure.error_type, "NodeFailed");
    assert!(failure.non_retriable);
    assert_eq!(failure.inner.unwrap().error_type, "Mail");
    let kinds: Vec<EventKind> = lab
        .run
        .take_events()
        .iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            EventKind::Started,
            EventKind::SuperstepStarted,
            EventKind::ExecutorInvoked,
            EventKind::ExecutorInvoked,
            EventKind::ExecutorCompleted,
            EventKind::ExecutorFailed,
            EventKind::Failed
        ]
    );
}

#[test]
fn the_first_failure_in_the_order_of_tasks_is_the_runs() {
    let mut lab = with_state();
    lab.begin();
    let failed = |text: &str| Err(Failure::new("Mail", text));
    lab.end_with(vec![failed("one"), failed("two")]);
    assert_eq!(lab.failure(), "node `a` failed in superstep 1: Mail: one");
    // It is over: results that come later change nothing.
    lab.end_with(vec![failed("three")]);
    lab.run.time_out();
    assert_eq!(lab.failure(), "node `a` failed in superstep 1: Mail: one");
}

#[test]
fn results_that_do_not_fit_the_tasks_are_a_bug() {
    let mut lab = with_state();
    lab.begin();
    lab.end_with(vec![wrote(&json!(1), &[])]);
    assert_eq!(lab.failure(), "internal: 2 tasks have 1 results");
}

#[test]
fn the_time_limit_of_a_run_fails_it() {
    let mut graph = graph(to(&[A]), vec![node("a", executor(), OUT)], vec![]);
    graph.timeout = Some(Duration::from_mins(1));
    let mut lab = Lab::new(graph, &json!(0));
    lab.begin();
    lab.run.time_out();
    let error = lab.outcome().unwrap_err();
    assert_eq!(error.error_type(), "Timeout");
    assert_eq!(error.to_string(), "the run of `lab` took longer than 60s");
}

#[test]
fn an_agent_takes_one_turn_at_a_time_within_a_superstep() {
    let nodes = vec![node("a", agent(), OUT), node("b", executor(), OUT)];
    let start = to(&[A, B, A, A]);
    let mut lab = Lab::new(graph(start, nodes, vec![]), &json!("hi"));
    assert_eq!(lab.begin(), [r#"a "hi""#, r#"b "hi""#]);
    assert_eq!(
        lab.tasks.iter().map(|task| task.id).collect::<Vec<_>>(),
        [0, 1]
    );
    lab.waits();
    lab.end(&[json!("a1"), json!("b")]);
    for (id, round, answer) in [(2, 1, "a2"), (3, 2, "a3")] {
        assert_eq!(lab.begin(), [r#"a "hi""#]);
        assert_eq!((lab.tasks[0].id, lab.tasks[0].round), (id, round));
        lab.end(&[json!(answer)]);
    }
    // In the order of the messages, not of the turns.
    assert_eq!(
        lab.outcome().unwrap(),
        [r#""a1""#, r#""b""#, r#""a2""#, r#""a3""#]
    );
}

fn asked(lab: &Lab, task: usize) -> (String, Vec<ChatMessage>) {
    match &lab.tasks[task].work {
        Work::Agent(agent) => (agent.session.clone(), agent.messages.clone()),
        other => panic!("no agent: {other:?}"),
    }
}

fn said(text: &str) -> RunAnswer {
    RunAnswer {
        text: text.to_owned(),
        message_count: 2,
        usage: Usage::default(),
        finish_reason: FinishReason::Stop,
        tool_results: vec![],
        structured: None,
        max_rounds_reached: false,
    }
}

#[test]
fn items_of_each_have_sessions_of_their_own() {
    let mut each = node("a", agent(), OUT);
    each.each = true;
    let start = to(&[To::Each(0)]);
    let mut lab = Lab::new(graph(start, vec![each], vec![]), &json!(["x", "y"]));
    assert_eq!(lab.begin().len(), 2);
    assert_eq!(
        (asked(&lab, 0).0.as_str(), asked(&lab, 1).0.as_str()),
        ("a-0", "a-1")
    );
}

fn message_of_text(text: Option<&Value>) -> Message {
    message(text.unwrap_or(&Value::Null))
}

/// `a >> b >> a ..`: what each is asked, as `role author: text`.
#[test]
fn a_conversation_goes_from_agent_to_agent_without_what_was_seen() {
    let as_text = |message: &Message| {
        let text = message.read::<Value>().unwrap();
        let text = message_of_text(text.get("text"));
        Ok(text.with_conversation(message.shared_conversation()))
    };
    let hop = |to| {
        let target = crate::workflow::Target {
            to,
            convert: Box::leak(Box::new(as_text)),
        };
        Exit::To(leak(vec![target]))
    };
    let nodes = vec![node("a", agent(), hop(B)), node("b", agent(), hop(A))];
    let mut lab = Lab::new(graph(to(&[A]), nodes, vec![]), &json!("write"));
    let mut seen = Vec::new();
    for answer in ["draft", "too long", "short", "good"] {
        lab.begin();
        let (session, messages) = asked(&lab, 0);
        let show = |message: &ChatMessage| {
            let author = message.author.as_deref().unwrap_or("-");
            assert_eq!(message.role, Role::User);
            format!("{author}: {}", message.to_text())
        };
        seen.push((
            session,
            messages.iter().map(show).collect::<Vec<_>>().join(", "),
        ));
        let Work::Agent(agent) = &lab.tasks[0].work else {
            panic!("no agent");
        };
        let answer = agent.answer(&said(answer));
        lab.end_with(vec![answer]);
    }
    let expected = [
        ("a", "-: write"),
        ("b", "-: write, a: draft"),
        ("a", "b: too long"),
        ("b", "a: short"),
    ];
    let seen: Vec<(&str, &str)> = seen.iter().map(|(s, m)| (s.as_str(), m.as_str())).collect();
    assert_eq!(seen, expected);
}

#[test]
fn an_agent_gives_its_text_or_its_value() {
    let mut lab = Lab::new(
        graph(to(&[A]), vec![node("a", agent(), OUT)], vec![]),
        &json!("hi"),
    );
    lab.begin();
    let Work::Agent(agent) = &lab.tasks[0].work else {
        panic!("no agent");
    };
    let text = agent.answer(&said("hello")).unwrap();
    assert_eq!(
        text.messages[0].json(),
        r#"{"executor_id":"a","text":"hello"}"#
    );
    let value = agent
        .answer(&RunAnswer {
            structured: Some(json!({ "spam": true })),
            ..said(r#"{"spam":true}"#)
        })
        .unwrap();
    assert_eq!(value.messages[0].json(), r#"{"spam":true}"#);
    let conversation = value.messages[0].conversation().unwrap();
    assert_eq!(conversation.len(), 2);
    assert_eq!(conversation[1].author.as_deref(), Some("a"));
}

#[test]
fn a_sub_workflow_gives_its_outputs_as_its_type() {
    let given = |outputs, values: &[Value]| {
        let mut inner = graph(Exit::Drop, vec![], vec![]);
        inner.outputs = outputs;
        let values: Vec<Message> = values.iter().map(message).collect();
        let answer = TaskAnswer::of_workflow(&inner, &values).ok()?;
        Some(answer.messages[0].json().to_owned())
    };
    let one = [json!(1)];
    let two = [json!(1), json!(2)];
    let table: [(OutputCount, &[Value], Option<&str>); 10] = [
        (OutputCount::One, &one, Some("1")),
        (OutputCount::One, &[], None),
        (OutputCount::One, &two, None),
        (OutputCount::AtMostOne, &[], Some("null")),
        (OutputCount::AtMostOne, &one, Some("1")),
        (OutputCount::AtMostOne, &two, None),
        (OutputCount::Any, &[], Some("[]")),
        (OutputCount::Any, &two, Some("[1,2]")),
        (OutputCount::None, &[], Some("null")),
        (OutputCount::None, &one, None),
    ];
    for (outputs, values, expected) in table {
        assert_eq!(
            given(outputs, values).as_deref(),
            expected,
            "{outputs:?} {values:?}"
        );
    }
}

#[test]
fn sub_workflows_that_are_under_way_are_in_the_status() {
    let inner: &'static Graph = Box::leak(Box::new(graph(Exit::Drop, vec![], vec![])));
    let nodes = vec![
        node("a", crate::workflow::NodeCode::Workflow(inner), OUT),
        node("b", executor(), OUT),
    ];
    let mut lab = Lab::new(graph(to(&[A, B, A]), nodes, vec![]), &json!(0));
    assert!(lab.run.status().children.is_empty());
    lab.begin();
    let status = lab.run.status();
    assert!(!status.waiting);
    let children: Vec<_> = status
        .children
        .iter()
        .map(|c| (c.node_id, c.ordinal))
        .collect();
    assert_eq!(children, [("a", 0), ("a", 1)]);
    lab.end(&[json!(1), json!(2), json!(3)]);
    assert!(matches!(lab.run.next_step(), Next::Done(Ok(_))));
    assert!(lab.run.status().children.is_empty());
}

#[test]
fn what_no_slot_has_cannot_be_written() {
    let graph = graph(Exit::Drop, vec![], vec![]);
    let answer = crate::workflow::NodeAnswer {
        updates: vec![(TypeId::of::<u8>(), message(&json!(1)))],
        ..Default::default()
    };
    let failure = TaskAnswer::of_executor(&graph, answer).unwrap_err();
    assert_eq!(failure.error_type, "UnknownSlot");
    assert!(failure.non_retriable);
}

#[test]
fn kinds_of_failures_have_stable_names() {
    let error = RunError::Supersteps {
        max: 3,
        waiting: vec!["a"],
    };
    let failure = Failure::from(error);
    assert_eq!(failure.error_type, "SuperstepsExceeded");
    assert!(failure.non_retriable);
}
