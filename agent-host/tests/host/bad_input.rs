//! Requests that are refused, and that nothing is left of them.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::{Answer, TestApp};

const RUN: &str = "/api/agents/Weather/run";

async fn post(app: &TestApp, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path)
        .header("content-type", kind)
        .body(body.into())
        .unwrap();
    app.send(request).await
}

#[tokio::test]
async fn errors_are_in_the_form_of_the_request() {
    let app = TestApp::one().await;
    let table: [(&str, &[u8], &str); 5] = [
        ("application/json", b"{", "Invalid JSON"),
        (
            "application/json",
            b"[]",
            "Invalid JSON payload. Expected an object.",
        ),
        (
            "application/json",
            b"{\"message\":\"\xff\"}",
            "Invalid JSON",
        ),
        ("application/json", b"{}", "Message is required"),
        (
            "application/json",
            b"{\"message\":1}",
            "'message' must be a string",
        ),
    ];
    for (kind, body, text) in table {
        let answer = post(&app, RUN, kind, body.to_vec()).await;
        assert_eq!(
            (answer.status, answer.json()),
            (400, json!({ "error": text }))
        );
    }
    let answer = post(&app, RUN, "text/plain", " ").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (400, "Message is required")
    );
    assert!(answer.header("x-ms-session-id").is_some());
    let answer = post(
        &app,
        &format!("{RUN}?session_id=a&thread_id=b"),
        "text/plain",
        "Hi",
    )
    .await;
    let text = "Conflicting session identifiers supplied: \
                session_id in the query string='a', thread_id in the query string='b'";
    assert_eq!((answer.status, answer.text.as_str()), (400, text));
    assert!(answer.header("x-ms-session-id").is_none());
    assert!(app.model.calls().is_empty());
    app.end().await;
}

#[tokio::test]
async fn what_comes_later_says_so() {
    let app = TestApp::one().await;
    for field in ["response_format", "response_schema"] {
        let answer = app
            .run(&json!({"message": "Hi", field: {"type": "object"}}))
            .await;
        let text = format!("'{field}' is not available yet");
        assert_eq!(
            (answer.status, answer.json()),
            (400, json!({ "error": text }))
        );
    }
    let answer = app.run(&json!({"message": "Hi", "stream": true})).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("not available yet"));
    app.end().await;
}

#[tokio::test]
async fn an_unknown_agent_is_a_404_that_names_the_known_ones() {
    let app = TestApp::two().await;
    let expected = json!({
        "error": "Agent 'Nobody' not found", "available_agents": ["Joker", "Weather"],
    });
    let body = json!({"message": "Hi"});
    for path in ["run", "chat"] {
        let answer = app.post(&format!("/api/agents/Nobody/{path}"), &body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (404, expected.clone()),
            "{path}"
        );
    }
    for path in ["info", "s1", "s1/runs/k1"] {
        let answer = app.get(&format!("/api/agents/Nobody/{path}")).await;
        assert_eq!(
            (answer.status, answer.json()),
            (404, expected.clone()),
            "{path}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn unknown_routes_and_methods() {
    let app = TestApp::one().await;
    for path in [
        "/",
        "/api",
        "/api/nothing",
        "/api/agents/Weather/s1/runs",
        "/api/a/b/c/d/e/f",
    ] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status, answer.json()),
            (404, json!({"error": "Not found"})),
            "{path}"
        );
    }
    for (path, allow) in [(RUN, "POST"), ("/api/agents/Weather/chat", "POST")] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allow)),
            "{path}"
        );
        assert_eq!(answer.json(), json!({"error": "Method not allowed"}));
    }
    let answer = post(&app, "/api/agents/Weather/s1", "application/json", "{}").await;
    assert_eq!(answer.status, 405);
    app.end().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let app = TestApp::one().await;
    let large = vec![b'x'; 20 * 1024 * 1024];
    for (path, kind) in [
        (RUN, "text/plain"),
        ("/api/agents/Weather/chat", "application/json"),
    ] {
        let answer = post(&app, path, kind, large.clone()).await;
        assert_eq!(answer.status, 413, "{path}");
        assert!(
            answer.json()["error"]
                .as_str()
                .unwrap()
                .contains("16777216")
        );
    }
    app.end().await;
    let app = TestApp::with(|app| app.body_limit(10)).await;
    assert_eq!(
        post(&app, RUN, "text/plain", "0123456789").await.status,
        200
    );
    assert_eq!(
        post(&app, RUN, "text/plain", "0123456789a").await.status,
        413
    );
    app.end().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let app = TestApp::with(|app| app.body_timeout(Duration::from_millis(20))).await;
    let never = futures_util::stream::pending::<std::io::Result<Vec<u8>>>();
    let answer = post(&app, RUN, "text/plain", Body::from_stream(never)).await;
    assert_eq!(answer.status, 408);
    assert!(answer.json()["error"].is_string());
    app.end().await;
}

#[tokio::test]
async fn a_refused_request_leaves_nothing() {
    let app = TestApp::one().await;
    for body in [
        json!({"session_id": "s1"}),
        json!({"session_id": "s1", "message": ["Hi"]}),
        json!({"session_id": "s1", "message": "Hi", "role": "king"}),
        json!({"session_id": "s1", "message": "Hi", "stream": true}),
        json!({"session_id": "s1", "thread_id": "s2", "message": "Hi"}),
    ] {
        assert_eq!(app.run(&body).await.status, 400, "{body}");
        let answer = app.post("/api/agents/Weather/chat", &body).await;
        assert!(answer.status == 400 || body["role"] == "king", "{body}");
    }
    assert_eq!(app.get("/api/agents/Weather/s2").await.status, 404);
    let hub = app.host.client();
    let filter = durable_task::InstanceFilter::default();
    let found = hub
        .query(&filter, durable_task::Fetch::Metadata, 10, None)
        .await
        .unwrap();
    // `role` is no field of a chat request: that one was a turn.
    assert_eq!(found.items.len(), 1, "{found:?}");
    app.end().await;
}
