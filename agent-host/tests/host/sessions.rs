//! Sessions as resources.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::{Answer, TestApp};

const PATH: &str = "/api/agents/Weather/s1";

async fn delete(app: &TestApp, path: &str) -> Answer {
    app.send(Request::delete(path).body(Body::empty()).unwrap())
        .await
}

#[tokio::test]
async fn a_session_is_its_state_document() {
    let app = TestApp::one().await;
    let answer = app.get(PATH).await;
    assert_eq!(
        (answer.status, answer.json()),
        (404, json!({"error": "Session not found"}))
    );
    app.run(&json!({"message": "Hi", "session_id": "s1"})).await;
    let answer = app.get(PATH).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-ms-session-id"), Some("s1"));
    let state = answer.json();
    assert!(
        answer
            .text
            .starts_with(r#"{"schemaVersion":"1.1.0","data":"#),
        "{}",
        answer.text
    );
    let history = &state["data"]["conversationHistory"];
    assert_eq!(
        history[0]["messages"][0]["contents"][0],
        json!({"$type": "text", "text": "Hi"})
    );
    assert_eq!(history[0]["responseType"], "json");
    assert_eq!(history[1]["$type"], "response");
    app.end().await;
}

#[tokio::test]
async fn a_session_can_be_deleted() {
    let app = TestApp::one().await;
    let answer = delete(&app, PATH).await;
    assert_eq!(
        (answer.status, answer.json()),
        (404, json!({"error": "Session not found"}))
    );
    app.run(&json!({"message": "Hi", "session_id": "s1"})).await;
    let answer = delete(&app, PATH).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(app.get(PATH).await.status, 404);
    assert_eq!(delete(&app, PATH).await.status, 404);
    let body = app
        .run(&json!({"message": "Hi", "session_id": "s1"}))
        .await
        .json();
    assert_eq!(body["message_count"], 2);
    app.end().await;
}

#[tokio::test]
async fn a_deletion_waits_for_the_turn_that_holds_the_session() {
    let app = TestApp::one().await;
    app.run(&json!({"message": "Hi", "session_id": "s1"})).await;
    let held = json!({"message": "hold on", "session_id": "s1", "wait_for_response": false});
    let accepted = app.run(&held).await;
    app.model.called(2).await;
    assert_eq!(delete(&app, PATH).await.status, 202);
    assert_eq!(app.get(PATH).await.status, 200);
    app.model.release(1);
    let path = accepted.header("location").unwrap();
    crate::late::answered(&app, path).await;
    // The deletion stood behind the turn; the next turn stands behind the deletion.
    let body = app
        .run(&json!({"message": "Hi", "session_id": "s1"}))
        .await
        .json();
    assert_eq!(body["message_count"], 2);
    app.end().await;
}

#[tokio::test]
async fn ids_in_paths_are_decoded_and_checked() {
    let app = TestApp::one().await;
    app.run(&json!({"message": "Hi", "session_id": "a b@ä"}))
        .await;
    assert_eq!(
        app.get("/api/agents/Weather/a%20b%40%C3%A4").await.status,
        200
    );
    for path in [
        "/api/agents/Weather/a%2Fb",
        "/api/agents/Weather/a%5Cb",
        "/api/agents/Weather/a%23b",
        "/api/agents/Weather/a%3Fb",
        "/api/agents/Weather/a%5Eb",
        "/api/agents/Weather/a~b",
        "/api/agents/Weather/a%7Eb",
        "/api/agents/Weather/a%00b",
        "/api/agents/Weather/a%0Ab",
        "/api/agents/Weather/%FF",
        "/api/agents/Weather/sessions",
        "/api/agents/Weather/a2a",
        "/api/agents/Weather/a~b/runs/k",
        "/api/agents/Weather/s1/runs/a%2Fb",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.json()["error"].is_string(), "{path}");
    }
    app.end().await;
}
