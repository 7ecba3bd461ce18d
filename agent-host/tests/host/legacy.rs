//! The older forms of the routes of a single agent.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn one_agent_has_them() {
    let app = TestApp::one().await;
    let answer = app
        .post("/api/Weather/chat", &json!({"message": "Hi"}))
        .await;
    assert_eq!(
        (answer.status, &answer.json()["response"]),
        (200, &json!("you said Hi"))
    );
    assert_eq!(
        app.get("/api/weather/info").await.json()["agent"],
        "Weather"
    );
    let answer = app
        .post("/api/Nobody/chat", &json!({"message": "Hi"}))
        .await;
    assert_eq!(answer.status, 404);
    app.end().await;
}

#[tokio::test]
async fn two_agents_have_not() {
    let app = TestApp::two().await;
    assert_eq!(
        app.post("/api/Weather/chat", &json!({"message": "Hi"}))
            .await
            .status,
        404
    );
    assert_eq!(app.get("/api/Weather/info").await.status, 404);
    app.end().await;
}
