//! Requests of runs: answers, refusals, cancelling; and which run a path may name.

use std::collections::BTreeMap;

use agent_host::FunctionApp;
use agent_sdk::prelude::*;
use axum::body::Body;
use axum::http::{Method, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::durable_functions;
use crate::support::{TestApp, json_request};
use crate::workflows_by_hand::{
    Echo, Outer, Patient, Review, Strict, app, draft, error, three, verdict,
};

#[tokio::test]
async fn several_requests_are_open_at_once_and_the_status_follows_each_answer() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    assert_eq!(
        app.open_requests("review", "r1", 2).await,
        ["editor-0", "lawyer-0"]
    );
    let status = app.run_status("review", "r1").await;
    assert_eq!(status["runtimeStatus"], "Running");
    let custom = &status["customStatus"];
    assert_eq!(custom["state"], "waiting_for_human_input");
    let mut request = status["pendingHumanInputRequests"][0].clone();
    let kept = &custom["pending_requests"]["editor-0"];
    assert_eq!(kept["data"], request["requestData"]);
    let schema = request["responseSchema"].take();
    assert_eq!(schema["required"], json!(["approved", "by"]));
    for (field, name) in [("requestType", "Draft"), ("responseType", "Verdict")] {
        let kind = request[field].take();
        assert!(kind.as_str().unwrap().ends_with(name), "{kind}");
    }
    let url = request["respondUrl"].take();
    let url = url.as_str().unwrap();
    let expected = json!({
        "requestId": "editor-0", "sourceExecutor": "editor", "requestData": {"title": "News"},
        "requestType": null, "responseType": null, "responseSchema": null, "respondUrl": null,
    });
    assert_eq!(request, expected);

    let path = "/api/workflow/review/respond/r1/editor-0";
    assert!(url.ends_with(path), "{url}");
    let answer = app.post_text(path, &verdict("Ann")).await;
    let expected = json!({
        "message": "Response delivered successfully", "instanceId": "r1",
        "requestId": "editor-0",
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
    // At once, and not only when all are answered.
    let status = app.run_status("review", "r1").await;
    assert_eq!(
        status["pendingHumanInputRequests"][0]["requestId"],
        "lawyer-0"
    );
    assert_eq!(status["pendingHumanInputRequests"][1], Value::Null);
    assert_eq!(
        status["customStatus"]["pending_requests"]["editor-0"],
        Value::Null
    );

    let answer = app
        .answer("review", "r1", "lawyer-0", &verdict("Bob"))
        .await;
    assert_eq!(answer.status, 200);
    let ended = app.ended_run("review", "r1").await;
    assert_eq!(ended["output"], json!(["Ann: true", "Bob: true"]));
    assert_eq!(ended["pendingHumanInputRequests"], Value::Null);
    app.end().await;
}

#[tokio::test]
async fn an_answer_that_does_not_fit_leaves_the_request_open() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    for (body, path) in [
        (r#"{"approved": "yes", "by": {"name": "Ann"}}"#, "approved"),
        (r#"{"approved": true, "by": {"name": 1}}"#, "by.name"),
        (r#"{"approved": true}"#, "by"),
        ("null", "."),
        ("7", "."),
        (r#"{"__pickled__": "gASV"}"#, "."),
        (
            r#"{"approved": true, "by": {"__type__": "m:C", "name": "x"}}"#,
            "by",
        ),
    ] {
        let answer = app.answer("review", "r1", "editor-0", body).await;
        assert_eq!(answer.status, 400, "{body}");
        let refusal = answer.json();
        assert_eq!(refusal["path"], path, "{body}");
        let told = refusal["error"].as_str().unwrap();
        assert!(told.starts_with("Invalid response: "), "{told}");
        assert!(refusal["problem"].is_string());
    }
    for body in ["", "{", "Ann says yes"] {
        let answer = app.answer("review", "r1", "editor-0", body).await;
        let expected = error("Request body must be valid JSON.");
        assert_eq!((answer.status, answer.json()), (400, expected), "{body}");
    }
    app.open_requests("review", "r1", 2).await;
    let answer = app
        .answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    assert_eq!(answer.status, 200);
    app.end().await;
}

#[tokio::test]
async fn a_request_is_answered_once() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    for unknown in [
        "editor-1",
        "editor",
        "note-0",
        "EDITOR-0",
        "editor-00",
        "x~0~editor-0",
        "inner~0~",
        "~",
        "%00",
        "editor-0%20",
    ] {
        let answer = app.answer("review", "r1", unknown, &verdict("Ann")).await;
        let expected = error("Pending request not found");
        assert_eq!((answer.status, answer.json()), (404, expected), "{unknown}");
        let path = format!("/api/workflow/review/respond/r1/{unknown}");
        assert_eq!(
            app.ask(Method::DELETE, &path, "").await.status,
            404,
            "{unknown}"
        );
    }
    let first = app
        .answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    assert_eq!(first.status, 200);
    let again = app
        .answer("review", "r1", "editor-0", &verdict("Bob"))
        .await;
    let expected = error("Request 'editor-0' was answered already.");
    assert_eq!((again.status, again.json()), (409, expected));
    let last = app
        .answer("review", "r1", "lawyer-0", &verdict("Eve"))
        .await;
    assert_eq!(last.status, 200);
    app.ended_run("review", "r1").await;
    for request in ["editor-0", "lawyer-0", "unknown-0"] {
        let late = app.answer("review", "r1", request, &verdict("Bob")).await;
        let expected = error("Workflow run 'r1' is in terminal state 'Completed'.");
        assert_eq!((late.status, late.json()), (409, expected), "{request}");
    }
    app.end().await;
}

#[tokio::test]
async fn of_answers_at_once_one_is_taken() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    let send = |number: usize| {
        let path = "/api/workflow/review/respond/r1/editor-0";
        let body: Value = serde_json::from_str(&verdict(&format!("P{number}"))).unwrap();
        let router = app.host.router();
        tokio::spawn(async move {
            let answer = router.oneshot(json_request(path, &body)).await.unwrap();
            (answer.status().as_u16(), number)
        })
    };
    let all: Vec<_> = (0..16).map(send).collect();
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    let mut taken = 0;
    for answer in all {
        let (status, number) = answer.await.unwrap();
        *counts.entry(status).or_default() += 1;
        if status == 200 {
            taken = number;
        }
    }
    assert_eq!(counts, BTreeMap::from([(200, 1), (409, 15)]));
    app.answer("review", "r1", "lawyer-0", &verdict("Bob"))
        .await;
    let ended = app.ended_run("review", "r1").await;
    assert_eq!(
        ended["output"],
        json!([format!("P{taken}: true"), "Bob: true"])
    );
    app.end().await;
}

#[tokio::test]
async fn requests_of_sub_workflows_are_answered_at_the_run_that_was_started() {
    let app = app(|app| app.workflow::<Outer>().workflow::<Review>()).await;
    app.start_run("outer", "r1", &draft()).await;
    let open = app.open_requests("outer", "r1", 2).await;
    assert_eq!(open, ["inner~0~editor-0", "inner~0~lawyer-0"]);
    let status = app.run_status("outer", "r1").await;
    let request = &status["pendingHumanInputRequests"][0];
    let url = request["respondUrl"].as_str().unwrap();
    let (_, path) = url.split_once("localhost").unwrap_or(("", url));
    let path = &path[path.find("/api").unwrap()..];
    let wrong = app.post_text(path, r#"{"approved": 1}"#).await;
    assert_eq!(
        (wrong.status, &wrong.json()["path"]),
        (400, &json!("approved"))
    );
    let answer = app.post_text(path, &verdict("Ann")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["requestId"], "inner~0~editor-0");
    let again = app.post_text(path, &verdict("Ann")).await;
    let expected = error("Request 'inner~0~editor-0' was answered already.");
    assert_eq!((again.status, again.json()), (409, expected));
    for unknown in [
        "inner~1~editor-0",
        "editor-0",
        "other~0~editor-0",
        "inner~0~x-0",
    ] {
        let answer = app.answer("outer", "r1", unknown, &verdict("Ann")).await;
        assert_eq!(answer.status, 404, "{unknown}");
    }
    let path = "/api/workflow/outer/respond/r1/inner~0~lawyer-0";
    assert_eq!(app.ask(Method::DELETE, path, "").await.status, 200);
    let ended = app.ended_run("outer", "r1").await;
    assert_eq!(ended["output"], json!([["Ann: true"]]));
    app.end().await;
}

#[tokio::test]
async fn a_run_is_cancelled_with_what_it_has_started() {
    let app = app(|app| app.workflow::<Outer>().workflow::<Review>()).await;
    app.start_run("outer", "r1", &draft()).await;
    app.open_requests("outer", "r1", 2).await;
    let path = "/api/workflow/OUTER/cancel/r1?reason=too%20late";
    let answer = app.post_text(path, "").await;
    let expected = json!({"message": "Workflow cancelled", "instanceId": "r1"});
    assert_eq!((answer.status, answer.json()), (200, expected));
    let status = app.ended_run("outer", "r1").await;
    assert_eq!(status["runtimeStatus"], "Terminated");
    assert_eq!(status["pendingHumanInputRequests"], Value::Null);
    let child = app.ended_run("review", "r1::inner::0").await;
    assert_eq!(child["runtimeStatus"], "Terminated");

    let ended = error("Workflow run 'r1' is in terminal state 'Terminated'.");
    let again = app.post_text(path, "").await;
    assert_eq!((again.status, again.json()), (409, ended.clone()));
    let late = app
        .answer("outer", "r1", "inner~0~editor-0", &verdict("Ann"))
        .await;
    assert_eq!((late.status, late.json()), (409, ended));
    app.end().await;
}

#[tokio::test]
async fn one_request_is_cancelled_and_the_others_go_on() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    let path = "/api/workflow/review/respond/r1/editor-0";
    let answer = app.ask(Method::DELETE, path, "").await;
    let expected = json!({
        "message": "Request cancelled", "instanceId": "r1", "requestId": "editor-0",
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
    assert_eq!(app.open_requests("review", "r1", 1).await, ["lawyer-0"]);
    let cancelled = error("Request 'editor-0' was cancelled.");
    let again = app.ask(Method::DELETE, path, "").await;
    assert_eq!((again.status, again.json()), (409, cancelled.clone()));
    let late = app
        .answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    assert_eq!((late.status, late.json()), (409, cancelled));
    app.answer("review", "r1", "lawyer-0", &verdict("Bob"))
        .await;
    let ended = app.ended_run("review", "r1").await;
    assert_eq!(ended["output"], json!(["Bob: true"]));
    app.end().await;
}

#[tokio::test]
async fn a_request_that_nobody_answers_in_time_has_its_default_or_fails_the_run() {
    let app = app(|app| app.workflow::<Patient>().workflow::<Strict>()).await;
    app.start_run("patient", "r1", &draft()).await;
    let ended = app.ended_run("patient", "r1").await;
    assert_eq!(ended["output"], json!(["nobody: false"]));
    assert_eq!(node_state(&app, "patient", "r1", "ask").await, "completed");
    app.start_run("strict", "r2", &draft()).await;
    let failed = app.ended_run("strict", "r2").await;
    assert_eq!(failed["runtimeStatus"], "Failed");
    let text = failed["error"].as_str().unwrap();
    assert!(text.contains("ask-0"), "names the request: {text}");
    assert_eq!(node_state(&app, "strict", "r2", "ask").await, "failed");
    app.end().await;
}

/// Where a node stands, as the graph of a run says it.
async fn node_state(app: &TestApp, workflow: &str, run: &str, node: &str) -> Value {
    let path = format!("/api/workflow/{workflow}/graph?format=json&instanceId={run}");
    let graph = app.get(&path).await.json();
    graph["executors"][node]["run"]["state"].clone()
}

#[tokio::test]
async fn a_path_names_only_runs_of_its_workflow() {
    let app = durable_functions::app_with(|app| {
        app.workflow::<Echo>()
            .workflow::<Outer>()
            .workflow::<Review>()
    })
    .await;
    app.start_run("review", "r1", &draft()).await;
    app.start_run("outer", "r2", &draft()).await;
    app.open_requests("outer", "r2", 2).await;
    let orchestration = app.started("Long", None).await;
    let message = json!({"message": "Hi", "session_id": "s1"});
    app.run(&message).await;
    let listed = app.look("/instances?showInput=false").await.document();
    let mut foreign: Vec<String> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|instance| instance["instanceId"].as_str().unwrap().to_owned())
        .collect();
    assert!(foreign.contains(&orchestration));
    assert!(foreign.len() > 3, "an agent's run is one: {foreign:?}");
    let long = "x".repeat(5000);
    let others = [
        "nobody",
        "%40Weather%40s1",
        "..",
        "%20",
        "a%00b",
        "a%2Fb",
        &long,
    ];
    foreign.extend(others.map(str::to_owned));
    for id in &foreign {
        let id = id.replace('@', "%40");
        let body = verdict("Ann");
        for (method, path) in [
            (Method::GET, format!("/api/workflow/Echo/status/{id}")),
            (
                Method::POST,
                format!("/api/workflow/Echo/respond/{id}/editor-0"),
            ),
            (
                Method::DELETE,
                format!("/api/workflow/Echo/respond/{id}/editor-0"),
            ),
            (Method::POST, format!("/api/workflow/Echo/cancel/{id}")),
            (Method::GET, format!("/api/workflow/Echo/events/{id}")),
            (
                Method::GET,
                format!("/api/workflow/Echo/graph?instanceId={id}"),
            ),
            (Method::POST, format!("/api/workflows/Echo/cancel/{id}")),
        ] {
            let answer = app.ask(method.clone(), &path, &body).await;
            let expected = error("Instance not found");
            assert_eq!(
                (answer.status, answer.json()),
                (404, expected),
                "{method} {path}"
            );
        }
    }
    // All of them go on.
    app.open_requests("review", "r1", 2).await;
    app.open_requests("outer", "r2", 2).await;
    app.end().await;
}

#[tokio::test]
async fn a_workflow_that_there_is_not_has_no_routes() {
    let app = three().await;
    for (method, path) in [
        (Method::POST, "/api/workflow/other/run"),
        (Method::GET, "/api/workflow/other/status/r1"),
        (Method::POST, "/api/workflow/other/respond/r1/a"),
        (Method::DELETE, "/api/workflow/other/respond/r1/a"),
        (Method::POST, "/api/workflow/other/cancel/r1"),
        (Method::GET, "/api/workflow/other/events/r1"),
        (Method::GET, "/api/workflow/other/graph"),
        (Method::GET, "/api/workflows/other/graph"),
    ] {
        let answer = app.ask(method, path, "Hi").await;
        let expected = error("Workflow 'other' not found");
        assert_eq!((answer.status, answer.json()), (404, expected), "{path}");
    }
    app.end().await;
}

/// A reader that goes away takes nothing with it.
#[tokio::test]
async fn an_answer_arrives_though_its_sender_has_gone() {
    let app: TestApp = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    let request = Request::post("/api/workflow/review/respond/r1/editor-0");
    let request = request.body(Body::from(verdict("Ann"))).unwrap();
    let mut sending = Box::pin(app.host.router().oneshot(request));
    // Polled until the hub is asked, and then dropped.
    let first = futures_util::poll!(sending.as_mut());
    assert!(first.is_pending());
    drop(sending);
    app.open_requests("review", "r1", 1).await;
    app.end().await;
}

/// Lets `dig` go on.
static GO_ON: Semaphore = Semaphore::const_new(0);

/// Is at work until it is let go.
#[executor]
async fn dig(place: String) -> Result<String, ExecutorError> {
    GO_ON.acquire().await?.forget();
    Ok(format!("dug at {place}"))
}

#[executor]
async fn walk(place: String) -> Result<String, ExecutorError> {
    Ok(place)
}

#[executor]
async fn plan(place: String) -> Result<Permit, ExecutorError> {
    Ok(Permit { place })
}

/// May we?
#[request_port(response = String)]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Permit {
    place: String,
}

/// Digs and asks in the same superstep.
#[workflow]
fn dig_and_ask(place: String) -> Vec<String> {
    place >> (walk >> dig, plan >> Permit);
}

#[tokio::test]
async fn a_run_that_asks_says_whether_other_paths_of_it_are_at_work() {
    let app = app(FunctionApp::workflow::<dig_and_ask>).await;
    let says = |state: &str, busy: Value| {
        let said = json!([state, busy]);
        move |status: &Value| {
            let custom = &status["customStatus"];
            json!([custom["state"], custom["busy"]]) == said
        }
    };
    app.start_run("dig_and_ask", "r1", "home").await;
    let busy = says("waiting_for_human_input", json!(true));
    let status = app.run_until("dig_and_ask", "r1", busy).await;
    let request = &status["pendingHumanInputRequests"][0]["requestId"];
    assert_eq!(request, "Permit-0", "it may be answered already");
    GO_ON.add_permits(1);
    let still = says("waiting_for_human_input", Value::Null);
    app.run_until("dig_and_ask", "r1", still).await;

    app.start_run("dig_and_ask", "r2", "home").await;
    let busy = says("waiting_for_human_input", json!(true));
    app.run_until("dig_and_ask", "r2", busy).await;
    let answer = app.answer("dig_and_ask", "r2", "Permit-0", "\"yes\"");
    assert_eq!(answer.await.status, 200);
    let running = says("running", Value::Null);
    assert!(running(&app.run_status("dig_and_ask", "r2").await));
    GO_ON.add_permits(1);
    app.ended_run("dig_and_ask", "r2").await;
    app.end().await;
}
