//! The family `workflows/..`, whose bodies are those of the .NET package of the reference.

use agent_host::FunctionApp;
use axum::http::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Answer, TestApp, json_request};
use crate::workflows_by_hand::{Echo, Outer, Review, app, draft, three, verdict};

const JSON: (&str, &str) = ("accept", "application/json");
const WAIT: (&str, &str) = ("x-ms-wait-for-response", "true");

async fn respond(app: &TestApp, run: &str, body: &str) -> Answer {
    let path = format!("/api/workflows/review/respond/{run}");
    app.post_text(&path, body).await
}

fn event(name: &str, response: &str) -> String {
    format!(r#"{{"eventName": "{name}", "response": {response}}}"#)
}

/// A refusal as text, and as JSON for who asks for it.
async fn refused(app: &TestApp, method: Method, path: &str, body: &str, status: u16, text: &str) {
    let answer = app.ask(method.clone(), path, body).await;
    assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    assert_eq!(answer.text, text, "{method} {path}");
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let answer = app.ask_with(method.clone(), path, body, &[JSON]).await;
    assert_eq!(answer.status, status, "{method} {path}");
    let expected = json!({"status": status, "error": text});
    assert_eq!(answer.json(), expected, "{method} {path}");
}

#[tokio::test]
async fn a_start_is_told_as_text() {
    let app = three().await;
    let answer = app
        .post_text("/api/workflows/ECHO/run?runId=r1", "Hi")
        .await;
    assert_eq!(answer.status, 202);
    let text = "Workflow orchestration started for Echo. Orchestration runId: r1";
    assert_eq!(answer.text, text);
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(
        answer.header("location"),
        Some("/api/workflows/Echo/status/r1")
    );
    app.ended_run("Echo", "r1").await;
    let status = app.get("/api/workflows/Echo/status/r1").await;
    let expected = json!({"runId": "r1", "status": "Completed", "waitingForInput": null});
    assert_eq!((status.status, status.json()), (200, expected));
    app.end().await;
}

#[tokio::test]
async fn who_waits_gets_text_or_json() {
    let app = three().await;
    let path = "/api/workflows/Echo/run?runId=r1";
    let answer = app.ask_with(Method::POST, path, "Hi", &[WAIT]).await;
    assert_eq!((answer.status, &*answer.text), (200, "Hi"));
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let answer = app.ask_with(Method::POST, path, "Hi", &[WAIT, JSON]).await;
    let expected = json!({"runId": "r1", "workflowStatus": "Completed", "result": "Hi"});
    assert_eq!((answer.status, answer.json()), (200, expected));

    let path = "/api/workflows/Echo/run?runId=r2";
    let answer = app.ask_with(Method::POST, path, "boom", &[WAIT]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("it went off"), "{answer:?}");
    let failure = answer.text.clone();
    let answer = app
        .ask_with(Method::POST, path, "boom", &[WAIT, JSON])
        .await;
    let expected = json!({
        "runId": "r2", "workflowStatus": "Failed", "result": null, "error": failure,
    });
    assert_eq!((answer.status, answer.json()), (200, expected));

    let path = "/api/workflows/post/run";
    let mail = r#"{"to": "a", "lines": []}"#;
    let answer = app.ask_with(Method::POST, path, mail, &[WAIT]).await;
    assert_eq!(answer.text, r#"{"extra":null,"lines":[],"to":"a"}"#);
    app.end().await;
}

#[tokio::test]
async fn the_body_is_the_text() {
    let app = three().await;
    for body in ["12345", r#""Hi""#, " Hi ", "null"] {
        let path = "/api/workflows/Echo/run";
        let answer = app.ask_with(Method::POST, path, body, &[WAIT]).await;
        assert_eq!((answer.status, &*answer.text), (200, body));
    }
    app.end().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_start_is_told_in_its_shape() {
    let app = three().await;
    let run = |query: &str| format!("/api/workflows/post/run{query}");
    let empty = "Workflow input cannot be empty.";
    refused(&app, Method::POST, &run("?runId=r1"), " ", 400, empty).await;
    let body = r#"{"to": "a", "lines": [{"count": -1}]}"#;
    let path = run("?runId=r1");
    let answer = app.ask_with(Method::POST, &path, body, &[JSON]).await;
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (400, &json!(400))
    );
    let path = "/api/workflows/post/status/r1";
    let text = "Workflow run 'r1' not found.";
    refused(&app, Method::GET, path, "", 404, text).await;
    let text = "'runId' must be between 1 and 100 characters, must not start with '@', and must \
                not contain '/', '\\', '#', '?', '^', or control characters.";
    let good = r#"{"to": "a", "lines": []}"#;
    refused(&app, Method::POST, &run("?runId="), good, 400, text).await;
    app.start_run("post", "r2", good).await;
    let text = "'runId' 'r2' belongs to a run with another input.";
    let other = r#"{"to": "b", "lines": []}"#;
    refused(&app, Method::POST, &run("?runId=r2"), other, 409, text).await;
    let text = "Workflow 'other' not found";
    for (method, path) in [
        (Method::POST, "/api/workflows/other/run"),
        (Method::GET, "/api/workflows/other/status/r1"),
        (Method::POST, "/api/workflows/other/respond/r1"),
    ] {
        refused(&app, method, path, "Hi", 404, text).await;
    }
    app.end().await;
}

/// Though a text is read first: what is wrong with the JSON is what helps.
#[tokio::test]
async fn an_input_that_does_not_fit_is_told_with_its_path() {
    let app = three().await;
    let body = r#"{"to": "a", "lines": [{"count": -1}]}"#;
    let answer = app.post_text("/api/workflows/post/run", body).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.text.starts_with("Invalid input: lines[0].count: "),
        "{answer:?}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_run_that_waits_is_answered_by_port_or_by_id() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    let path = "/api/workflows/review/status/r1";
    let input = json!({"title": "News"});
    let expected = json!({"runId": "r1", "status": "Running", "waitingForInput": [
        {"eventName": "editor", "input": input}, {"eventName": "lawyer", "input": input},
    ]});
    assert_eq!(app.get(path).await.json(), expected);

    for (name, by) in [("editor", "Ann"), ("lawyer-0", "Bob")] {
        let answer = respond(&app, "r1", &event(name, &verdict(by))).await;
        let expected = json!({
            "message": "Response sent to workflow.", "runId": "r1", "eventName": name,
            "validated": true,
        });
        assert_eq!((answer.status, answer.json()), (202, expected));
    }
    let ended = app.ended_run("review", "r1").await;
    assert_eq!(ended["output"], json!(["Ann: true", "Bob: true"]));
    app.end().await;
}

#[tokio::test]
async fn requests_of_sub_workflows_are_answered_by_id() {
    let app = app(FunctionApp::workflow::<Outer>).await;
    app.start_run("outer", "r1", &draft()).await;
    app.open_requests("outer", "r1", 2).await;
    let status = app.get("/api/workflows/outer/status/r1").await.json();
    assert_eq!(
        status["waitingForInput"][0]["eventName"],
        "inner~0~editor-0"
    );
    for name in ["inner~0~editor-0", "inner~0~lawyer-0"] {
        let body = event(name, &verdict("Ann"));
        let answer = app.post_text("/api/workflows/respond/r1", &body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    app.ended_run("outer", "r1").await;
    app.end().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_answer_is_told_in_its_shape() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    let path = "/api/workflows/review/respond/r1";
    let missing = "Body must contain a non-empty 'eventName' and a 'response' property.";
    let no_json = "Request body is not valid JSON.";
    let fits = verdict("Ann");
    for (body, text) in [
        (String::new(), no_json),
        (String::from("{"), no_json),
        (String::from("null"), missing),
        (String::from("[]"), missing),
        (String::from(r#"{"eventName": "editor"}"#), missing),
        (format!(r#"{{"response": {fits}}}"#), missing),
        (event("", &fits), missing),
        (
            format!(r#"{{"eventName": 1, "response": {fits}}}"#),
            missing,
        ),
        (
            event("other", &fits),
            "Workflow is not waiting for event 'other'.",
        ),
        (
            event("editor-1", &fits),
            "Workflow is not waiting for event 'editor-1'.",
        ),
    ] {
        refused(&app, Method::POST, path, &body, 400, text).await;
    }
    let wrong = event("editor", r#"{"approved": true, "by": {"name": null}}"#);
    let answer = app.ask_with(Method::POST, path, &wrong, &[JSON]).await;
    assert_eq!(answer.status, 400);
    let text = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Invalid response: by.name: "), "{text}");
    assert_eq!(answer.json()["status"], 400);
    app.open_requests("review", "r1", 2).await;

    let text = "Workflow run 'r9' not found.";
    let unknown = "/api/workflows/review/respond/r9";
    refused(
        &app,
        Method::POST,
        unknown,
        &event("editor", &fits),
        404,
        text,
    )
    .await;
    app.start_run("Echo", "r2", "Hi").await;
    let text = "Workflow run 'r2' not found.";
    let foreign = "/api/workflows/review/respond/r2";
    refused(
        &app,
        Method::POST,
        foreign,
        &event("editor", &fits),
        404,
        text,
    )
    .await;

    assert_eq!(
        respond(&app, "r1", &event("editor", &fits)).await.status,
        202
    );
    let text = "Workflow is not waiting for event 'editor'.";
    refused(&app, Method::POST, path, &event("editor", &fits), 400, text).await;
    app.post_text("/api/workflows/review/cancel/r1", "").await;
    let text = "Workflow run 'r1' is in terminal state 'Terminated'.";
    refused(&app, Method::POST, path, &event("lawyer", &fits), 400, text).await;
    app.end().await;
}

#[tokio::test]
async fn of_answers_at_once_one_is_taken() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    let send = |_| {
        let body: Value = serde_json::from_str(&event("editor", &verdict("Ann"))).unwrap();
        let router = app.host.router();
        let path = "/api/workflows/review/respond/r1";
        tokio::spawn(async move {
            let answer = router.oneshot(json_request(path, &body)).await.unwrap();
            answer.status().as_u16()
        })
    };
    let all: Vec<_> = (0..8).map(send).collect();
    let mut statuses = Vec::new();
    for answer in all {
        statuses.push(answer.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 400, 400, 400, 400, 400, 400, 400]);
    app.end().await;
}

#[tokio::test]
async fn one_workflow_needs_no_name() {
    let app = app(FunctionApp::workflow::<Echo>).await;
    let answer = app.post_text("/api/workflows/run?runId=r1", "Hi").await;
    assert_eq!(answer.header("location"), Some("/api/workflows/status/r1"));
    app.ended_run("Echo", "r1").await;
    let status = app.get("/api/workflows/status/r1").await.json();
    assert_eq!(status["status"], "Completed");
    assert_eq!(app.get("/api/workflows/events/r1").await.status, 200);
    assert_eq!(app.get("/api/workflows/graph").await.status, 200);
    app.end().await;
}

#[tokio::test]
async fn a_wait_that_was_cancelled_is_a_failure() {
    let app = app(FunctionApp::workflow::<Review>).await;
    let body: Value = serde_json::from_str(&draft()).unwrap();
    let mut request = json_request("/api/workflows/review/run?runId=r1", &body);
    let wait = "true".parse().unwrap();
    request.headers_mut().insert("x-ms-wait-for-response", wait);
    let waiting = tokio::spawn(app.host.router().oneshot(request));
    app.open_requests_once_there("review", "r1", 2).await;
    app.post_text("/api/workflows/review/cancel/r1", "").await;
    let answer = crate::support::read(waiting.await.unwrap().unwrap()).await;
    let text = "Workflow run 'r1' ended with status 'Terminated'.";
    assert_eq!((answer.status, &*answer.text), (500, text));
    app.end().await;
}
