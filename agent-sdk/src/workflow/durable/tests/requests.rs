//! Questions to somebody outside.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{InstanceId, Status};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::fixture::*;
use crate::workflow::superstep::EventKind;
use crate::workflow::{Delivered, Graph, OutputCount, RequestEnd, WorkflowClient, WorkflowError};

/// Two questions at once, whose answers are outputs.
fn two_ports() -> &'static Graph {
    let mut graph = graph(
        "ask",
        vec![port("left", None, OUT), port("right", None, OUT)],
    );
    graph.start = to(&[0, 1]);
    keep(graph)
}

#[tokio::test]
async fn several_requests_are_open_at_once_and_the_status_follows_each_answer() {
    let scene = Scene::of(&[two_ports()]).await;
    let run = scene.start("ask", json!({"text": "how many?"})).await;
    let status = scene.pending("ask", &run, 2).await;
    let ids: Vec<&str> = status.pending.iter().map(|request| &*request.id).collect();
    assert_eq!(ids, ["left-0", "right-0"]);
    let expected = json!({
        "state": "waiting_for_human_input",
        "pending_requests": {
            "left-0": {
                "request_id": "left-0", "source_executor_id": "left",
                "data": {"text": "how many?"}, "request_type": "Question", "response_type": "u64"
            },
            "right-0": {
                "request_id": "right-0", "source_executor_id": "right",
                "data": {"text": "how many?"}, "request_type": "Question", "response_type": "u64"
            }
        }
    });
    assert_eq!(status.custom_status, Some(expected));
    assert_eq!(
        status.pending[0].response_schema,
        Some(json!({"type": "integer"}))
    );
    scene
        .client
        .respond("ask", &run, "right-0", "2")
        .await
        .unwrap();
    let status = scene.client.status("ask", &run).await.unwrap();
    assert_eq!(
        status.pending.len(),
        1,
        "it is taken when `respond` returns"
    );
    scene
        .client
        .respond("ask", &run, "left-0", "1")
        .await
        .unwrap();
    let status = scene.ended("ask", &run).await;
    assert_eq!(
        status.outputs.unwrap(),
        [message(json!(2)), message(json!(1))]
    );
    assert_eq!(status.custom_status, Some(json!({"state": "running"})));
    scene.close().await;
}

#[tokio::test]
async fn an_answer_that_does_not_fit_leaves_the_request_open() {
    let scene = Scene::of(&[two_ports()]).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 2).await;
    for wrong in ["\"two\"", "{", r#"{"__pickled__": "x"}"#] {
        let error = scene
            .client
            .respond("ask", &run, "left-0", wrong)
            .await
            .unwrap_err();
        assert!(
            matches!(error, WorkflowError::InvalidAnswer { .. }),
            "{wrong}: {error}"
        );
    }
    // As somebody does who goes round the client.
    let hub = scene.hub.client();
    for wrong in [Some("\"two\""), Some("{"), None] {
        hub.raise_event(&run, "left-0", wrong.map(str::to_owned))
            .await
            .unwrap();
    }
    scene
        .client
        .respond("ask", &run, "right-0", "2")
        .await
        .unwrap();
    assert_eq!(
        scene
            .client
            .status("ask", &run)
            .await
            .unwrap()
            .pending
            .len(),
        1
    );
    hub.raise_event(&run, "left-0", Some(String::from("1")))
        .await
        .unwrap();
    assert_eq!(scene.ended("ask", &run).await.outputs.unwrap().len(), 2);
    scene.close().await;
}

#[tokio::test]
async fn of_two_answers_at_once_one_is_taken() {
    let scene = Scene::of(&[two_ports()]).await;
    for _ in 0..20 {
        let run = scene.start("ask", json!(1)).await;
        scene.pending("ask", &run, 2).await;
        let (one, other) = tokio::join!(
            scene.client.respond("ask", &run, "left-0", "1"),
            scene.client.respond("ask", &run, "left-0", "2"),
        );
        let errors: Vec<WorkflowError> = [one, other].into_iter().filter_map(Result::err).collect();
        let [
            WorkflowError::RequestClosed {
                end: RequestEnd::Answered,
                ..
            },
        ] = &errors[..]
        else {
            panic!("{errors:?}");
        };
    }
    scene.close().await;
}

#[tokio::test]
async fn what_is_not_open_says_why() {
    let scene = Scene::of(&[two_ports(), keep(graph("other", vec![adds("a", OUT)]))]).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 2).await;
    let respond = async |workflow: &'static str, run: &InstanceId, request: &'static str| {
        scene
            .client
            .respond(workflow, run, request, "1")
            .await
            .unwrap_err()
    };
    for unknown in ["left-1", "middle-0", "left", "left-00", "sub~0~left-0"] {
        let error = respond("ask", &run, unknown).await;
        assert!(
            matches!(error, WorkflowError::UnknownRequest { .. }),
            "{unknown}: {error}"
        );
    }
    let nobody = InstanceId::new("nobody").unwrap();
    let error = respond("ask", &nobody, "left-0").await;
    assert!(matches!(error, WorkflowError::UnknownRun { .. }), "{error}");
    let error = respond("other", &run, "left-0").await;
    assert!(
        matches!(error, WorkflowError::UnknownRun { .. }),
        "foreign: {error}"
    );
    let error = respond("none", &run, "left-0").await;
    assert!(
        matches!(error, WorkflowError::UnknownWorkflow { .. }),
        "{error}"
    );
    scene
        .client
        .cancel_request("ask", &run, "left-0")
        .await
        .unwrap();
    let error = respond("ask", &run, "left-0").await;
    assert!(
        matches!(
            error,
            WorkflowError::RequestClosed {
                end: RequestEnd::Cancelled,
                ..
            }
        ),
        "{error}"
    );
    scene
        .client
        .respond("ask", &run, "right-0", "1")
        .await
        .unwrap();
    let error = respond("ask", &run, "right-0").await;
    let is_over = matches!(
        error,
        WorkflowError::RequestClosed {
            end: RequestEnd::Answered,
            ..
        }
    ) || matches!(error, WorkflowError::RunEnded { .. });
    assert!(is_over, "{error}");
    scene.ended("ask", &run).await;
    let error = respond("ask", &run, "right-0").await;
    assert!(
        matches!(
            error,
            WorkflowError::RunEnded {
                status: Status::Completed,
                ..
            }
        ),
        "{error}"
    );
    scene.close().await;
}

#[tokio::test]
async fn a_withdrawn_request_ends_its_path() {
    let scene = Scene::of(&[two_ports()]).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 2).await;
    scene
        .client
        .cancel_request("ask", &run, "left-0")
        .await
        .unwrap();
    scene
        .client
        .respond("ask", &run, "right-0", "2")
        .await
        .unwrap();
    let status = scene.ended("ask", &run).await;
    assert_eq!(status.outputs.unwrap(), [message(json!(2))]);
    let kinds = scene.events("ask", &run).await;
    assert!(kinds.contains(&EventKind::RequestCancelled), "{kinds:?}");
    scene.close().await;
}

/// A question and an executor that ends when it is told to, at the same time.
fn busy() -> (&'static Graph, Arc<Notify>) {
    let go_on = Arc::new(Notify::new());
    let held = Arc::clone(&go_on);
    let run = later(move |value| {
        let held = Arc::clone(&held);
        async move {
            held.notified().await;
            value
        }
    });
    let mut graph = graph(
        "busy",
        vec![executor("slow", run, OUT), port("ask", None, OUT)],
    );
    graph.start = to(&[0, 1]);
    (keep(graph), go_on)
}

#[tokio::test]
async fn answers_are_taken_while_a_superstep_runs() {
    let (graph, go_on) = busy();
    let scene = Scene::of(&[graph]).await;
    let run = scene.start("busy", json!("x")).await;
    let status = scene.pending("busy", &run, 1).await;
    let said = status.custom_status.unwrap();
    assert_eq!(
        (&said["state"], &said["busy"]),
        (&json!("waiting_for_human_input"), &json!(true)),
        "what is pending is waited for"
    );
    scene
        .client
        .respond("busy", &run, "ask-0", "2")
        .await
        .unwrap();
    let status = scene.client.status("busy", &run).await.unwrap();
    assert_eq!(status.pending, []);
    assert_eq!(status.custom_status, Some(json!({"state": "running"})));
    go_on.notify_one();
    let status = scene.ended("busy", &run).await;
    assert_eq!(
        status.outputs.unwrap(),
        [message(json!("x")), message(json!(2))]
    );
    scene.close().await;
}

#[tokio::test]
async fn a_request_that_nobody_answers_gets_its_default_or_fails_the_run() {
    let hour = Some(Duration::from_hours(1));
    let with_default = {
        let mut node = port("ask", hour, OUT);
        let mut definition = (node.definition)();
        if let crate::workflow::NodeCode::Port(port) = &mut definition.code {
            port.default = Some(|question| Ok(question.clone()));
        }
        node.definition = Box::leak(Box::new(move || definition.clone()));
        node
    };
    let kind = keep(graph("kind", vec![with_default]));
    let strict = keep(graph("strict", vec![port("ask", hour, OUT)]));
    let (scene, runtime) = Scene::timeless(&[kind, strict]).await;
    let kindly = scene.start("kind", json!(3)).await;
    let strictly = scene.start("strict", json!(3)).await;
    scene.pending("kind", &kindly, 1).await;
    scene.pending("strict", &strictly, 1).await;
    runtime.advance(Duration::from_hours(1));
    let status = scene.ended("kind", &kindly).await;
    assert_eq!(status.outputs.unwrap(), [message(json!(3))]);
    let failure = scene.ended("strict", &strictly).await.failure.unwrap();
    assert_eq!(failure.error_type, "RequestExpired");
}

fn nested() -> &'static Graph {
    let mut inner = graph("inner", vec![port("ask", None, OUT)]);
    inner.outputs = OutputCount::One;
    let mut middle = graph("middle", vec![workflow("deep", keep(inner), OUT)]);
    middle.outputs = OutputCount::One;
    let mut each = workflow("sub", keep(middle), OUT);
    each.each = true;
    let mut outer = graph("outer", vec![each]);
    outer.start = to_each(0);
    keep(outer)
}

#[tokio::test]
async fn requests_of_sub_workflows_have_the_way_to_them_in_their_ids() {
    let scene = Scene::of(&[nested()]).await;
    let run = scene.start("outer", json!([10, 20])).await;
    let status = scene.pending("outer", &run, 2).await;
    let asked: Vec<(&str, Value)> = status
        .pending
        .iter()
        .map(|request| (&*request.id, value(request.data.as_ref().unwrap())))
        .collect();
    assert_eq!(
        asked,
        [
            ("sub~0~deep~0~ask-0", json!(10)),
            ("sub~1~deep~0~ask-0", json!(20))
        ]
    );
    for (id, answer) in [("sub~1~deep~0~ask-0", "2"), ("sub~0~deep~0~ask-0", "1")] {
        scene
            .client
            .respond("outer", &run, id, answer)
            .await
            .unwrap();
    }
    let outputs = scene.ended("outer", &run).await.outputs.unwrap();
    assert_eq!(outputs, [message(json!(1)), message(json!(2))]);
    scene.close().await;
}

#[tokio::test]
async fn a_suspended_run_takes_answers_when_it_is_resumed() {
    let (scene, _) = Scene::timeless(&[two_ports()]).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 2).await;
    let hub = scene.hub.client();
    hub.suspend(&run, None).await.unwrap();
    for (id, answer) in [("left-0", "1"), ("right-0", "2")] {
        hub.raise_event(&run, id, Some(String::from(answer)))
            .await
            .unwrap();
    }
    let status = scene.client.status("ask", &run).await.unwrap();
    assert_eq!(
        (status.status, status.pending.len()),
        (Status::Suspended, 2)
    );
    hub.resume(&run, None).await.unwrap();
    assert_eq!(scene.ended("ask", &run).await.outputs.unwrap().len(), 2);
}

#[tokio::test]
async fn a_suspended_run_says_what_it_said_until_it_goes_on() {
    let (graph, go_on) = busy();
    let scene = Scene::of(&[graph]).await;
    let run = scene.start("busy", json!("x")).await;
    let before = scene.pending("busy", &run, 1).await;
    let said = before.custom_status.as_ref().unwrap();
    assert_eq!(
        (&said["state"], &said["busy"]),
        (&json!("waiting_for_human_input"), &json!(true))
    );
    let hub = scene.hub.client();
    hub.suspend(&run, None).await.unwrap();
    go_on.notify_one();
    let impatient = scene.client.clone().taken_wait(Duration::ZERO);
    let answered = impatient.respond("busy", &run, "ask-0", "2").await;
    assert_eq!(answered, Ok(Delivered::Stored));
    // The program that took the answer says of it what any other one says.
    let other = WorkflowClient::new(Arc::clone(scene.client.app()), scene.hub.client());
    for client in [&scene.client, &other] {
        let status = client.status("busy", &run).await.unwrap();
        assert_eq!(status.status, Status::Suspended);
        assert_eq!(status.pending, before.pending, "it is not taken");
        assert_eq!(status.custom_status, before.custom_status);
    }
    hub.resume(&run, None).await.unwrap();
    let status = scene.ended("busy", &run).await;
    let outputs = status.outputs.unwrap();
    assert_eq!(outputs.len(), 2);
    assert!(outputs.contains(&message(json!(2))), "{outputs:?}");
    assert_eq!(status.pending, []);
    scene.close().await;
}

#[tokio::test]
async fn data_too_large_for_the_status_is_read_from_the_history() {
    let scene = Scene::of(&[two_ports()]).await;
    let large = "x".repeat(20_000);
    let run = scene.start("ask", json!(large)).await;
    let status = scene.pending("ask", &run, 2).await;
    let said = status.custom_status.unwrap();
    assert_eq!(said["pending_requests"]["left-0"]["data_omitted"], true);
    assert_eq!(said["pending_requests"]["left-0"]["data"], Value::Null);
    let data = status.pending[0].data.as_ref().unwrap();
    assert_eq!(value(data), json!(large));
    scene
        .client
        .respond("ask", &run, "left-0", "1")
        .await
        .unwrap();
    assert_eq!(
        scene
            .client
            .status("ask", &run)
            .await
            .unwrap()
            .pending
            .len(),
        1
    );
    scene.close().await;
}

#[tokio::test]
async fn more_requests_than_the_status_can_hold_are_still_answered() {
    let mut ask = port("ask", None, OUT);
    ask.each = true;
    let mut graph = graph("many", vec![ask]);
    graph.start = to_each(0);
    let scene = Scene::of(&[keep(graph)]).await;
    let items: Vec<u32> = (0..80).collect();
    let run = scene.start("many", json!(items)).await;
    let status = scene.pending("many", &run, 80).await;
    assert_eq!(status.custom_status.unwrap()["requests_omitted"], true);
    // That it was taken is told, although the status is as it was: nobody waits for a timeout.
    let patient = scene.client.clone().taken_wait(10 * PATIENCE);
    let answers = async {
        for request in &status.pending {
            let answered = patient.respond("many", &run, &request.id, "1").await;
            assert_eq!(answered, Ok(Delivered::Taken));
        }
    };
    tokio::time::timeout(PATIENCE, answers).await.unwrap();
    scene.ended("many", &run).await;
    scene.close().await;
}
