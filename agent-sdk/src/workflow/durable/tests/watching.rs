//! Those who follow runs, and answer them through several servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use durable_task::{InstanceId, StartRequest, Status, WaitFor};
use serde_json::json;

use super::fixture::*;
use crate::workflow::superstep::EventKind;
use crate::workflow::{
    Delivered, Exit, Graph, GraphNode, InvalidMessage, NodeCode, RequestEnd, Routed, To,
    WorkflowClient, WorkflowError,
};

/// Asks again and again until the answer is 0, and counts how often its code is run.
fn asks_again(count: &Arc<AtomicUsize>) -> &'static Graph {
    let count = Arc::clone(count);
    let route = move |message: &crate::workflow::Message| {
        count.fetch_add(1, Ordering::SeqCst);
        let to = To::Node(usize::from(value(message) == json!(0)));
        let message = message.clone();
        Ok(vec![Routed { to, message }])
    };
    let route = Box::leak(Box::new(route));
    let ask = port("ask", None, Exit::Switch { route, arms: &[] });
    let mut graph = graph("again", vec![ask, adds("end", OUT)]);
    graph.supersteps_max = 1_000;
    keep(graph)
}

#[tokio::test]
async fn a_follower_of_a_long_run_plays_each_part_of_its_history_once() {
    const ANSWERS: usize = 60;
    let count = Arc::default();
    let scene = Scene::of(&[asks_again(&count)]).await;
    let run = scene.start("again", json!(1)).await;
    let (mut events, mut from) = (Vec::new(), 0);
    for number in 0..ANSWERS {
        let id = format!("ask-{number}");
        scene.pending("again", &run, 1).await;
        let delivered = scene.client.respond("again", &run, &id, "1").await;
        assert_eq!(delivered.unwrap(), Delivered::Taken);
        let page = scene
            .client
            .next_events("again", &run, from, PATIENCE)
            .await;
        let page = page.unwrap();
        from += page.events.len();
        events.extend(page.events);
        scene.client.node_runs("again", &run).await.unwrap();
    }
    // Once by the worker, and once by whoever looks.
    assert_eq!(count.load(Ordering::SeqCst), 2 * ANSWERS);
    let other = WorkflowClient::new(Arc::clone(scene.client.app()), scene.hub.client());
    let whole = other.events("again", &run, 0).await.unwrap().events;
    assert_eq!(
        whole[..events.len()],
        events,
        "as one who reads it all at once sees it"
    );
    assert_eq!(count.load(Ordering::SeqCst), 3 * ANSWERS);
    scene.close().await;
}

#[tokio::test]
async fn a_status_is_told_without_the_history() {
    let count = Arc::default();
    let scene = Scene::of(&[asks_again(&count)]).await;
    let run = scene.start("again", json!(1)).await;
    scene.pending("again", &run, 1).await;
    scene
        .client
        .respond("again", &run, "ask-0", "1")
        .await
        .unwrap();
    scene.pending("again", &run, 1).await;
    let before = count.load(Ordering::SeqCst);
    let other = WorkflowClient::new(Arc::clone(scene.client.app()), scene.hub.client());
    let status = other.status("again", &run).await.unwrap();
    assert_eq!(status.pending[0].id, "ask-1");
    assert_eq!(count.load(Ordering::SeqCst), before);
    scene.close().await;
}

#[tokio::test]
async fn more_runs_are_followed_than_are_kept_at_once() {
    let scene = Scene::of(&[keep(graph("ask", vec![port("ask", None, OUT)]))]).await;
    let mut runs = Vec::new();
    for _ in 0..80 {
        runs.push(scene.start("ask", json!(1)).await);
    }
    let mut firsts = Vec::new();
    for run in &runs {
        scene.pending("ask", run, 1).await;
        firsts.push(scene.events("ask", run).await);
    }
    for (run, first) in runs.iter().zip(&firsts) {
        assert_eq!(scene.events("ask", run).await, *first);
    }
    scene.close().await;
}

fn servers(scene: &Scene) -> [WorkflowClient; 2] {
    let server = || WorkflowClient::new(Arc::clone(scene.client.app()), scene.hub.client());
    [server(), server()]
}

fn ask() -> &'static Graph {
    keep(graph("ask", vec![port("ask", None, OUT)]))
}

#[tokio::test]
async fn of_answers_through_two_servers_one_is_taken_and_the_other_refused() {
    let scene = Scene::of(&[ask()]).await;
    let [one, other] = servers(&scene);
    for _ in 0..20 {
        let run = scene.start("ask", json!(1)).await;
        scene.pending("ask", &run, 1).await;
        let answers = tokio::join!(
            one.respond("ask", &run, "ask-0", "1"),
            other.respond("ask", &run, "ask-0", "2"),
        );
        let taken = match &answers {
            (Ok(Delivered::Taken), Err(error)) => (1, error),
            (Err(error), Ok(Delivered::Taken)) => (2, error),
            _ => panic!("{answers:?}"),
        };
        let (number, refused) = taken;
        let closed = WorkflowError::RequestClosed {
            run: run.clone(),
            request: String::from("ask-0"),
            end: RequestEnd::Answered,
        };
        // Of an ended run it is not asked what it had asked.
        let ended = matches!(refused, WorkflowError::RunEnded { .. });
        assert!(*refused == closed || ended, "{refused}");
        let outputs = scene.ended("ask", &run).await.outputs.unwrap();
        assert_eq!(
            outputs,
            [message(json!(number))],
            "the one that was told so"
        );
    }
    scene.close().await;
}

#[tokio::test]
async fn an_answer_and_a_withdrawal_through_two_servers_do_not_both_count() {
    let scene = Scene::of(&[ask()]).await;
    let [one, other] = servers(&scene);
    for _ in 0..20 {
        let run = scene.start("ask", json!(1)).await;
        scene.pending("ask", &run, 1).await;
        let (answered, withdrawn) = tokio::join!(
            one.respond("ask", &run, "ask-0", "1"),
            other.cancel_request("ask", &run, "ask-0"),
        );
        assert_ne!(
            answered.is_ok(),
            withdrawn.is_ok(),
            "{answered:?} {withdrawn:?}"
        );
        let outputs = scene.ended("ask", &run).await.outputs.unwrap();
        assert_eq!(outputs.len(), usize::from(answered.is_ok()));
    }
    scene.close().await;
}

#[tokio::test]
async fn an_answer_that_a_suspended_run_does_not_count_is_told_of() {
    let scene = Scene::of(&[ask()]).await;
    let [one, other] = servers(&scene).map(|server| server.taken_wait(Duration::ZERO));
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 1).await;
    let hub = scene.hub.client();
    hub.suspend(&run, None).await.unwrap();
    let first = one.respond("ask", &run, "ask-0", "1").await;
    let second = other.respond("ask", &run, "ask-0", "2").await;
    assert_eq!(
        (first, second),
        (Ok(Delivered::Stored), Ok(Delivered::Stored))
    );
    let third = one.respond("ask", &run, "ask-0", "3").await.unwrap_err();
    assert!(
        matches!(third, WorkflowError::RequestClosed { .. }),
        "{third}"
    );
    hub.resume(&run, None).await.unwrap();
    let outputs = scene.ended("ask", &run).await.outputs.unwrap();
    assert_eq!(outputs, [message(json!(1))]);
    let kinds = scene.events("ask", &run).await;
    let of = |wanted| kinds.iter().filter(|kind| **kind == wanted).count();
    assert_eq!(of(EventKind::RequestAnswered), 1, "{kinds:?}");
    assert_eq!(of(EventKind::RequestIgnored), 1, "{kinds:?}");
    scene.close().await;
}

#[tokio::test]
async fn a_bare_event_is_an_answer_too() {
    let scene = Scene::of(&[ask()]).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 1).await;
    let hub = scene.hub.client();
    hub.raise_event(&run, "ask-0", Some(String::from("5")))
        .await
        .unwrap();
    let outputs = scene.ended("ask", &run).await.outputs.unwrap();
    assert_eq!(outputs, [message(json!(5))]);
    scene.close().await;
}

#[tokio::test]
async fn every_end_of_a_run_is_an_event() {
    let fails = executor("bad", function(|_| panic!("out of ink")), OUT);
    let mut numbers = graph("numbers", vec![adds("a", OUT)]);
    numbers.input = NUMBER;
    let graphs = [ask(), keep(graph("print", vec![fails])), keep(numbers)];
    let scene = Scene::of(&graphs).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 1).await;
    let seen = scene.events("ask", &run).await.len();
    let (next, cancelled) = tokio::join!(
        scene.client.next_events("ask", &run, seen, PATIENCE),
        scene.client.cancel("ask", &run, Some("enough")),
    );
    cancelled.unwrap();
    let event = &next.unwrap().events[0].event;
    assert_eq!(event.kind, EventKind::Cancelled);
    assert_eq!(
        serde_json::to_value(event).unwrap()["data"],
        json!("enough")
    );
    let page = scene
        .client
        .next_events("ask", &run, seen + 1, PATIENCE)
        .await;
    let page = page.unwrap();
    assert_eq!((page.events, page.status), (vec![], Status::Terminated));

    let run = scene.start("print", json!(1)).await;
    scene.ended("print", &run).await;
    let ends = |kinds: &[EventKind]| kinds.last() == Some(&EventKind::Failed);
    assert!(ends(&scene.events("print", &run).await));

    // It fails before its first superstep.
    let run = InstanceId::new("raw").unwrap();
    let start = StartRequest::new("dafx-numbers", run.clone()).input_json("\"x\"");
    let hub = scene.hub.client();
    hub.start(start).await.unwrap();
    hub.wait(&run, WaitFor::Completion, PATIENCE).await.unwrap();
    assert_eq!(scene.events("numbers", &run).await, [EventKind::Failed]);
    scene.close().await;
}

fn broken_port() -> GraphNode {
    let mut node = port("ask", None, OUT);
    let mut definition = (node.definition)();
    if let NodeCode::Port(port) = &mut definition.code {
        port.response_schema = || panic!("no schema today");
        port.check = |text| match text {
            "13" => panic!("no thirteen"),
            "14" => Err(InvalidMessage {
                path: String::from("."),
                problem: String::from("no fourteen"),
            }),
            _ => (NUMBER.check)(text),
        };
    }
    node.definition = Box::leak(Box::new(move || definition.clone()));
    node
}

#[tokio::test]
async fn a_check_that_panics_refuses_the_answer_and_nothing_else() {
    let scene = Scene::of(&[keep(graph("ask", vec![broken_port()]))]).await;
    let run = scene.start("ask", json!(1)).await;
    let status = scene.pending("ask", &run, 1).await;
    assert_eq!(status.pending[0].response_schema, None);
    let respond = async |answer| scene.client.respond("ask", &run, "ask-0", answer).await;
    let error = respond("13").await.unwrap_err();
    let text = "the check of answers to port `ask` panicked: no thirteen";
    assert_eq!(
        (error.to_string().as_str(), error.is_retryable()),
        (text, false)
    );
    let error = respond("14").await.unwrap_err();
    assert!(
        matches!(error, WorkflowError::InvalidAnswer { .. }),
        "{error}"
    );
    // As somebody does who goes round the client.
    let hub = scene.hub.client();
    hub.raise_event(&run, "ask-0", Some(String::from("13")))
        .await
        .unwrap();
    assert_eq!(respond("15").await.unwrap(), Delivered::Taken);
    let outputs = scene.ended("ask", &run).await.outputs.unwrap();
    assert_eq!(outputs, [message(json!(15))]);
    scene.close().await;
}

#[tokio::test]
async fn an_input_whose_check_panics_starts_nothing() {
    let mut numbers = graph("numbers", vec![adds("a", OUT)]);
    numbers.input.check = |_| panic!("not today");
    let scene = Scene::of(&[keep(numbers)]).await;
    let started = scene.client.start_named("numbers", "1", Some("r")).await;
    let error = started.unwrap_err();
    assert!(matches!(error, WorkflowError::Panicked { .. }), "{error}");
    assert!(error.to_string().contains("not today"), "{error}");
    let run = InstanceId::new("r").unwrap();
    let error = scene.client.status("numbers", &run).await.unwrap_err();
    assert!(matches!(error, WorkflowError::UnknownRun { .. }), "{error}");
    scene.close().await;
}

/// A node whose definition panics once it has been asked for so often.
fn moody(calls: usize) -> GraphNode {
    let mut node = adds("moody", OUT);
    let definition = (node.definition)();
    let left = AtomicUsize::new(calls);
    node.definition = Box::leak(Box::new(move || {
        let more = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        assert!(more.is_ok(), "bad mood");
        definition.clone()
    }));
    node
}

#[tokio::test]
async fn a_definition_that_panics_is_told_at_the_start_or_fails_the_run() {
    let built = app(&[keep(graph("mood", vec![moody(0)]))]).build();
    let error = built.unwrap_err().to_string();
    let text = "the definition of node `moody` of workflow `mood` panicked: bad mood";
    assert!(error.contains(text), "{error}");

    // It is asked for a few times before the first run.
    let nodes = vec![adds("first", to(&[1])), moody(4)];
    let scene = Scene::of(&[keep(graph("mood", nodes))]).await;
    let run = scene.start("mood", json!(1)).await;
    let status = scene.ended("mood", &run).await;
    let failure = status.failure.unwrap();
    assert!(failure.message.contains("bad mood"), "{failure}");
    assert!(failure.message.contains("`moody`"), "{failure}");
    scene.close().await;
}
