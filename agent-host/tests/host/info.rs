//! List, info, health.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::{TestApp, read};

#[tokio::test]
async fn the_list() {
    let app = TestApp::two().await;
    let item = |name: &str, description: &str, tools: usize| {
        let chat = format!("/api/agents/{name}/chat");
        json!({"name": name, "description": description, "version": "1.0.0", "tools_count": tools,
               "endpoints": {"chat": chat}})
    };
    let expected = json!({
        "agents": [item("Joker", "Tells jokes.", 0), item("Weather", "Knows the weather.", 2)],
        "total": 2,
    });
    assert_eq!(app.get("/api/agents").await.json(), expected);
    app.end().await;
}

#[tokio::test]
async fn one_agent() {
    let app = TestApp::one().await;
    let answer = app.get("/api/agents/weather/info").await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text.contains("Secret"), "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["agent"], "Weather");
    assert_eq!(body["version"], "1.0.0");
    assert_eq!(body["description"], "Knows the weather.");
    let endpoints = json!({
        "chat": "POST /api/agents/Weather/chat", "info": "GET /api/agents/Weather/info",
    });
    assert_eq!(body["endpoints"], endpoints);
    let tool = &body["tools"][0];
    assert_eq!(
        (&tool["name"], &tool["type"]),
        (&json!("get_weather"), &json!("function"))
    );
    assert_eq!(tool["description"], "Current weather for a city.");
    assert_eq!(tool["required_params"], json!(["city"]));
    assert_eq!(tool["parameters"]["type"], "object");
    assert_eq!(tool["parameters"]["properties"]["city"]["type"], "string");
    app.end().await;
}

#[tokio::test]
async fn instructions_and_tools_by_choice() {
    let app = TestApp::with(|app| app.expose_instructions(true).expose_tools(false)).await;
    let body = app.get("/api/agents/Weather/info").await.json();
    assert_eq!(body["instructions"], "Secret instructions.");
    assert!(body.get("tools").is_none());
    app.end().await;
}

#[tokio::test]
async fn nothing_is_told_where_information_is_off() {
    let app = TestApp::with(|app| app.expose_info(false)).await;
    let answer = app.get("/api/agents/Weather/info").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["error"], "Agent information is not available");
    assert!(answer.json()["message"].is_string());
    let item = &app.get("/api/agents").await.json()["agents"][0];
    assert_eq!(
        (&item["description"], &item["tools_count"]),
        (&json!(""), &json!(0))
    );
    let unknown = app.get("/api/agents/Nobody/info").await;
    assert_eq!(unknown.json(), json!({"error": "Agent 'Nobody' not found"}));
    app.end().await;
}

#[tokio::test]
async fn health() {
    let app = TestApp::two().await;
    let answer = app.get("/api/health").await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let agent = |name: &str| {
        json!({"name": name, "type": "Agent", "http_endpoint_enabled": true,
               "mcp_tool_enabled": false})
    };
    let expected = json!({
        "status": "healthy", "agents": [agent("Joker"), agent("Weather")], "agent_count": 2,
        "workflows": [], "workflow_count": 0, "timestamp": body["timestamp"],
        "mode": "azure_function_agent",
        "endpoints": {
            "chat": "/api/agents/{agent_name}/chat", "info": "/api/agents/{agent_name}/info",
            "list": "/api/agents", "health": "/api/health",
        },
        "features": {
            "streaming_enabled": false, "streaming_available": false, "streaming_method": null,
            "a2a_protocol": false,
        },
    });
    assert_eq!(body, expected);
    // The routes outlive the hub, and say so.
    let router = app.host.router();
    app.end().await;
    let request = Request::get("/api/health").body(Body::empty()).unwrap();
    let answer = read(router.oneshot(request).await.unwrap()).await;
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (500, &json!("unhealthy"))
    );
    assert!(answer.json()["error"].is_string() && answer.json()["timestamp"].is_string());
    let app = TestApp::with(|app| app.health_check(false)).await;
    assert_eq!(app.get("/api/health").await.status, 404);
    app.end().await;
}
