//! Runs that an operator has suspended, and a hub that does nothing any more.

use std::time::Duration;

use agent_host::{FunctionApp, HubLocation};
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::workflows_by_hand::{Outer, Review, app, app_on, draft, error, three, verdict};
use crate::workflows_events::{Reader, kinds};

/// An app with a suspended run `r1` of `review`, two of whose questions are open.
async fn suspended() -> TestApp {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    suspend(&app, "r1").await;
    app.run_until("review", "r1", |status| {
        status["runtimeStatus"] == "Suspended"
    })
    .await;
    app
}

async fn suspend(app: &TestApp, run: &str) {
    let answer = app
        .tell(&format!("/instances/{run}/suspend?reason=night"))
        .await;
    assert_eq!(answer.status, 202, "{answer:?}");
}

async fn resume(app: &TestApp, run: &str) {
    let answer = app.tell(&format!("/instances/{run}/resume")).await;
    assert_eq!(answer.status, 202, "{answer:?}");
}

#[tokio::test]
async fn a_suspended_run_shows_its_requests_in_both_families() {
    let app = suspended().await;
    let status = app.run_status("review", "r1").await;
    let ids = |status: &Value| -> Vec<Value> {
        let open = status["pendingHumanInputRequests"].as_array().unwrap();
        open.iter().map(|one| one["requestId"].clone()).collect()
    };
    assert_eq!(ids(&status), ["editor-0", "lawyer-0"]);
    assert_eq!(status["output"], Value::Null);
    let status = app.get("/api/workflows/review/status/r1").await.json();
    let input = json!({"title": "News"});
    let expected = json!({"runId": "r1", "status": "Suspended", "waitingForInput": [
        {"eventName": "editor", "input": input}, {"eventName": "lawyer", "input": input},
    ]});
    assert_eq!(status, expected);
    let path = "/api/workflow/review/graph?format=json&instanceId=r1";
    let graph = app.get(path).await.json();
    assert_eq!(graph["executors"]["editor"]["run"]["state"], "waiting");
    // Who joins it is told where it is, not that it ended.
    let path = "/api/workflow/review/run?runId=r1&waitForResponse=true&timeoutSeconds=1";
    assert_eq!(app.post_text(path, &draft()).await.status, 202);
    app.end().await;
}

#[tokio::test]
async fn an_answer_to_a_suspended_run_is_taken_once_and_counts_when_it_goes_on() {
    let app = suspended().await;
    let wrong = app
        .answer("review", "r1", "editor-0", r#"{"approved": 1}"#)
        .await;
    assert_eq!(
        (wrong.status, &wrong.json()["path"]),
        (400, &json!("approved"))
    );
    let unknown = app
        .answer("review", "r1", "editor-7", &verdict("Ann"))
        .await;
    assert_eq!(unknown.status, 404);

    let first = app
        .answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    assert_eq!(first.status, 202, "it is stored: {first:?}");
    let again = app
        .answer("review", "r1", "editor-0", &verdict("Bob"))
        .await;
    let answered = error("Request 'editor-0' was answered already.");
    assert_eq!((again.status, again.json()), (409, answered));
    let late = app.ask(
        Method::DELETE,
        "/api/workflow/review/respond/r1/editor-0",
        "",
    );
    assert_eq!(late.await.status, 409, "an answer can't be withdrawn");
    let body = format!(
        r#"{{"eventName": "editor", "response": {}}}"#,
        verdict("Bob")
    );
    let other = app
        .post_text("/api/workflows/review/respond/r1", &body)
        .await;
    assert_eq!(other.status, 400, "{other:?}");
    assert_eq!(other.text, "Workflow is not waiting for event 'editor'.");
    let withdrawn = app.ask(
        Method::DELETE,
        "/api/workflows/review/respond/r1/lawyer-0",
        "",
    );
    assert_eq!(withdrawn.await.status, 202);

    assert_eq!(
        app.run_status("review", "r1").await["runtimeStatus"],
        "Suspended"
    );
    resume(&app, "r1").await;
    let ended = app.ended_run("review", "r1").await;
    assert_eq!(ended["output"], json!(["Ann: true"]));
    app.end().await;
}

#[tokio::test]
async fn a_stored_answer_leaves_its_request_in_the_status_until_it_is_taken() {
    let app = suspended().await;
    let mut shown = app.run_status("review", "r1").await;
    let plural = app.get("/api/workflows/review/status/r1").await;
    let custom = &shown["customStatus"];
    assert_eq!(custom["state"], "waiting_for_human_input");
    assert_eq!(custom.get("busy"), None);
    let answer = app
        .answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    assert_eq!(answer.status, 202, "it is stored: {answer:?}");

    let mut after = app.run_status("review", "r1").await;
    assert_eq!(after["runtimeStatus"], "Suspended");
    for status in [&mut shown, &mut after] {
        let status = status.as_object_mut().unwrap();
        status.remove("lastUpdatedTime").unwrap();
    }
    assert_eq!(after, shown);
    assert_eq!(
        after["pendingHumanInputRequests"][0]["requestId"],
        "editor-0"
    );
    let other = app.get("/api/workflows/review/status/r1").await;
    assert_eq!(other.json(), plural.json());

    resume(&app, "r1").await;
    assert_eq!(app.open_requests("review", "r1", 1).await, ["lawyer-0"]);
    let status = app.run_status("review", "r1").await;
    let pending = status["customStatus"]["pending_requests"].as_object();
    assert_eq!(pending.unwrap().keys().collect::<Vec<_>>(), ["lawyer-0"]);
    app.end().await;
}

#[tokio::test]
async fn the_events_of_a_suspended_run_are_there_and_go_on_with_it() {
    let app = suspended().await;
    let path = "/api/workflow/review/events/r1";
    let mut reader = Reader::open(&app, path).await;
    let so_far = reader.until("request_info").await;
    let last = so_far.last().unwrap().id.to_string();
    resume(&app, "r1").await;
    for request in ["editor-0", "lawyer-0"] {
        let answer = app.answer("review", "r1", request, &verdict("Ann")).await;
        assert_eq!(answer.status, 200);
    }
    let all = reader.rest().await;
    assert_eq!(all[..so_far.len()], so_far);
    assert_eq!(kinds(&all).last(), Some(&"completed"));
    // No event says that it was suspended, so that a reader sees the same without that.
    let path = format!("{path}?after={last}");
    assert_eq!(
        Reader::open(&app, &path).await.rest().await,
        all[so_far.len()..]
    );
    app.end().await;
}

#[tokio::test]
async fn a_suspended_run_is_cancelled_with_its_sub_workflows() {
    let app = app(FunctionApp::workflow::<Outer>).await;
    app.start_run("outer", "r1", &draft()).await;
    app.open_requests("outer", "r1", 2).await;
    suspend(&app, "r1").await;
    // Its sub-workflow is not suspended, and is asked as before.
    let answer = app
        .answer("outer", "r1", "inner~0~editor-0", &verdict("Ann"))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = app.post_text("/api/workflows/outer/cancel/r1", "").await;
    let expected = json!({"message": "Workflow cancelled", "instanceId": "r1"});
    assert_eq!((answer.status, answer.json()), (200, expected));
    let status = app.ended_run("outer", "r1").await;
    assert_eq!(status["runtimeStatus"], "Terminated");
    let child = app.look("/instances/r1%3A%3Ainner%3A%3A0").await;
    assert_eq!(child.document()["runtimeStatus"], "Terminated");
    app.end().await;
}

#[tokio::test]
async fn an_answer_that_is_stored_ends_with_a_run_that_is_cancelled() {
    let app = suspended().await;
    let stored = app
        .answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    assert_eq!(stored.status, 202, "{stored:?}");
    let cancelled = app.post_text("/api/workflow/review/cancel/r1", "").await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    let status = app.ended_run("review", "r1").await;
    assert_eq!(status["runtimeStatus"], "Terminated");
    assert_eq!(status["pendingHumanInputRequests"], Value::Null);
    // That nothing came of it shows in the events.
    let reader = Reader::open(&app, "/api/workflow/review/events/r1").await;
    let all = reader.rest().await;
    let kinds = kinds(&all);
    assert_eq!(kinds.last(), Some(&"cancelled"));
    assert!(!kinds.contains(&"request_answered"), "{kinds:?}");
    let late = app
        .answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    assert_eq!(late.status, 409, "{late:?}");
    app.end().await;
}

#[tokio::test]
async fn a_hub_that_is_gone_is_a_503_that_says_when_to_come_again() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    app.host.hub().unwrap().shutdown(Duration::ZERO).await;
    let body = verdict("Ann");
    let event = format!(r#"{{"eventName": "editor", "response": {body}}}"#);
    for (method, path, body) in [
        (Method::POST, "workflow/review/run?runId=r2", draft()),
        (
            Method::POST,
            "workflow/review/respond/r1/editor-0",
            body.clone(),
        ),
        (
            Method::DELETE,
            "workflow/review/respond/r1/editor-0",
            String::new(),
        ),
        (Method::POST, "workflow/review/cancel/r1", String::new()),
        (Method::POST, "workflows/review/run?runId=r2", draft()),
        (Method::POST, "workflows/review/respond/r1", event),
        (Method::POST, "workflows/review/cancel/r1", String::new()),
    ] {
        let answer = app
            .ask(method.clone(), &format!("/api/{path}"), &body)
            .await;
        assert_eq!(answer.status, 503, "{method} {path}: {answer:?}");
        assert_eq!(answer.header("retry-after"), Some("1"), "{method} {path}");
        assert!(!answer.text.is_empty(), "{method} {path}");
    }
    assert_eq!(app.get("/api/health").await.status, 500);
}

#[tokio::test]
async fn what_a_hub_that_is_gone_can_not_be_asked_is_a_503_too() {
    let folder = tempfile::tempdir().unwrap();
    let hub = HubLocation::File(folder.path().join("one.db"));
    let app = app_on(hub, FunctionApp::workflow::<Review>).await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    app.host.hub().unwrap().shutdown(Duration::ZERO).await;
    for path in [
        "workflow/review/status/r1",
        "workflow/review/status/unknown",
        "workflow/review/events/r1",
        "workflow/review/events/r1?after=1",
        "workflow/review/graph?instanceId=r1",
        "workflow/review/graph?instanceId=r1&format=svg",
        "workflows/review/status/r1",
        "workflows/review/events/r1",
    ] {
        let answer = app.get(&format!("/api/{path}")).await;
        assert_eq!(answer.status, 503, "{path}: {answer:?}");
        assert_eq!(answer.header("retry-after"), Some("1"), "{path}");
        assert!(!answer.text.is_empty(), "{path}");
    }
    for path in ["/instances", "/instances/r1", "/entities"] {
        let answer = app.look(path).await;
        assert_eq!(answer.status, 503, "{path}: {answer:?}");
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
    // What no hub is asked for is there all the same.
    assert_eq!(app.get("/api/workflow/review/graph").await.status, 200);
}
