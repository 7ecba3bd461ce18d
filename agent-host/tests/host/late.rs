//! The answer of a run, fetched later.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::TestApp;

/// Fetches until the run is answered; each look is a request, so that no test sleeps.
pub async fn answered(app: &TestApp, path: &str) -> Value {
    loop {
        let answer = app.get(path).await;
        match answer.status {
            200 => return answer.json(),
            202 => tokio::task::yield_now().await,
            _ => panic!("{answer:?}"),
        }
    }
}

async fn run_as(app: &TestApp, key: &str, message: &str) {
    let body = json!({"message": message, "session_id": "s1"});
    let mut request = crate::support::json_request("/api/agents/Weather/run", &body);
    request
        .headers_mut()
        .insert("idempotency-key", key.parse().unwrap());
    app.send(request).await;
}

#[tokio::test]
async fn an_answer_stays_where_it_was() {
    let app = TestApp::one().await;
    run_as(&app, "k1", "one").await;
    run_as(&app, "k2", "two").await;
    let answer = app.get("/api/agents/WEATHER/s1/runs/k1").await;
    assert_eq!(answer.status, 200);
    let expected = json!({
        "response": "you said one", "message": "one", "session_id": "s1", "status": "success",
        "correlation_id": "k1", "message_count": 2, "thread_id": "s1",
    });
    assert_eq!(answer.json(), expected);
    let request = Request::get("/api/agents/Weather/s1/runs/k2")
        .header("accept", "text/plain")
        .body(Body::empty())
        .unwrap();
    assert_eq!(app.send(request).await.text, "you said two");
    app.end().await;
}

#[tokio::test]
async fn a_failure_is_found_too() {
    let app = TestApp::one().await;
    run_as(&app, "k1", "fail auth").await;
    let answer = app.get("/api/agents/Weather/s1/runs/k1").await;
    assert_eq!(
        (answer.status, &answer.json()["error_code"]),
        (500, &json!("auth"))
    );
    app.end().await;
}

#[tokio::test]
async fn what_was_never_asked_is_not_found() {
    let app = TestApp::one().await;
    run_as(&app, "k1", "one").await;
    for path in [
        "/api/agents/Weather/s1/runs/k2",
        "/api/agents/Weather/s2/runs/k1",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json(), json!({"error": "Run not found"}));
    }
    app.end().await;
}
