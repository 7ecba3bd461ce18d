//! `POST /api/agents/{name}/chat`.

use agent_host::FunctionApp;
use agent_sdk::model::{Content, Role};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, Weather};

const CHAT: &str = "/api/agents/Weather/chat";

async fn chat(app: &TestApp, body: &Value) -> Answer {
    app.post(CHAT, body).await
}

#[tokio::test]
async fn an_answer_has_everything_that_happened() {
    let app = TestApp::one().await;
    let body = json!({"message": "weather Rome", "session_id": "s1", "context": {"a": 1}});
    let answer = chat(&app, &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-ms-session-id"), Some("s1"));
    let found = answer.json();
    let result = json!({"result": "sunny in Rome", "status": "success"});
    let expected = json!({
        "status": "success", "agent": "Weather",
        "response": r#"tool says {"result":"sunny in Rome","status":"success"}"#,
        "conversation_id": "s1", "handoff_path": ["Weather"],
        "tool_results": [{"tool": "get_weather", "arguments": {"city": "Rome"}, "result": result}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14},
        "finish_reason": "stop", "context": {"a": 1}, "metadata": {},
        "timestamp": found["timestamp"],
    });
    assert_eq!(found, expected);
    let timestamp = found["timestamp"].as_str().unwrap();
    assert!(
        timestamp.len() == 24 && timestamp.ends_with('Z'),
        "{timestamp}"
    );
    app.end().await;
}

#[tokio::test]
async fn tools_are_called_past_the_model_only_where_the_app_allows_it() {
    let calls = json!({"tool_calls": [
        {"name": "get_weather", "arguments": {"city": "Rome"}},
        {"name": "get_weather", "arguments": {"town": 1}},
        {"name": "unknown"},
    ]});
    let app = TestApp::one().await;
    let refused = chat(&app, &calls).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"], "Direct tool calls not enabled");
    app.end().await;

    let app = TestApp::with(FunctionApp::direct_tool_calls::<Weather>).await;
    let answer = chat(&app, &calls).await;
    assert_eq!(answer.status, 200);
    let found = answer.json();
    assert_eq!(
        (&found["status"], &found["response"]),
        (&json!("success"), &json!(""))
    );
    let results = found["tool_results"].as_array().unwrap();
    let states: Vec<_> = results.iter().map(|one| &one["result"]["status"]).collect();
    assert_eq!(states, ["success", "error", "error"]);
    assert_eq!(results[0]["result"]["result"], "sunny in Rome");
    assert_eq!(results[2]["result"]["error"], "Tool 'unknown' not found");
    for (wrong, text) in [
        (json!("x"), "'tool_calls' must be an array of at most 32"),
        (
            json!([{"arguments": {}}]),
            "'tool_calls[0].name' must be a string",
        ),
        (
            json!([{"name": "a", "arguments": 1}]),
            "'tool_calls[0].arguments' must be an object",
        ),
    ] {
        let answer = chat(&app, &json!({ "tool_calls": wrong })).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some(text))
        );
    }
    // The model still answers those who ask it.
    assert_eq!(
        chat(&app, &json!({"message": "weather Rome"})).await.status,
        200
    );
    app.end().await;
}

#[tokio::test]
async fn an_agent_without_http_has_no_routes() {
    let app = TestApp::with(FunctionApp::without_http::<Weather>).await;
    assert_eq!(chat(&app, &json!({"message": "one"})).await.status, 404);
    assert_eq!(app.run(&json!({"message": "one"})).await.status, 404);
    assert_eq!(app.get("/api/agents/Weather/info").await.status, 404);
    assert_eq!(app.get("/api/agents").await.json()["total"], 0);
    let health = app.get("/api/health").await.json();
    assert_eq!(health["agents"][0]["http_endpoint_enabled"], false);
    app.end().await;
}

#[tokio::test]
async fn a_session_goes_on_in_either_dialect() {
    let app = TestApp::one().await;
    let first = chat(&app, &json!({"message": "one"})).await.json();
    let conversation = &first["conversation_id"];
    let again = json!({"message": "two", "conversation_id": conversation});
    assert_eq!(
        chat(&app, &again).await.json()["conversation_id"],
        *conversation
    );
    let third = app
        .run(&json!({"message": "three", "session_id": conversation}))
        .await
        .json();
    assert_eq!(third["message_count"], 6);
    app.end().await;
}

#[tokio::test]
async fn a_history_reaches_the_model_as_it_was_sent() {
    let app = TestApp::one().await;
    let body = json!({"messages": [
        {"role": "user", "content": "What is it like?"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function",
             "function": {"name": "get_weather", "arguments": "{\"city\":\"Rome\"}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "assistant", "content": "Sunny."},
        {"role": "user", "content": "Thanks"},
    ]});
    assert_eq!(
        chat(&app, &body).await.json()["response"],
        "you said Thanks"
    );
    let seen = app.model.calls().pop().unwrap().messages;
    let roles: Vec<Role> = seen.iter().map(|message| message.role).skip(1).collect();
    let expected = [
        Role::User,
        Role::Assistant,
        Role::Tool,
        Role::Assistant,
        Role::User,
    ];
    assert_eq!(roles, expected);
    assert!(
        matches!(&seen[2].contents[0], Content::ToolCall { name, .. } if name == "get_weather")
    );
    assert!(matches!(&seen[3].contents[0], Content::ToolResult { call_id, .. } if call_id == "c1"));
    app.end().await;
}

#[tokio::test]
async fn refusals() {
    let app = TestApp::one().await;
    let answer = chat(&app, &json!({})).await;
    let body = answer.json();
    assert_eq!(answer.status, 400);
    assert_eq!(body["error"], "Either 'message' or 'messages' is required");
    assert!(body["examples"]["openai"]["messages"].is_array());
    let request = Request::post(CHAT)
        .header("content-type", "text/plain")
        .body(Body::from("Hi"))
        .unwrap();
    assert_eq!(app.send(request).await.status, 415);
    let request = Request::post(CHAT).body(Body::from("{")).unwrap();
    let answer = app.send(request).await;
    let expected = json!({"error": "Invalid JSON in request body"});
    assert_eq!((answer.status, answer.json()), (400, expected));
    let answer = chat(
        &app,
        &json!({"message": "Hi", "tool_calls": [{"name": "x"}]}),
    )
    .await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (400, &json!("Direct tool calls not enabled"))
    );
    assert!(app.model.calls().is_empty());
    app.end().await;
}

#[tokio::test]
async fn failures_of_the_model_are_those_of_an_upstream() {
    let app = TestApp::one().await;
    let table = [
        ("rate_limit", 429, Some("7")),
        ("timeout", 504, None),
        ("auth", 502, None),
        ("unavailable", 502, None),
    ];
    for (kind, status, retry_after) in table {
        let answer = chat(&app, &json!({"message": format!("fail {kind}")})).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (status, retry_after),
            "{kind}"
        );
        let body = answer.json();
        assert_eq!(
            (&body["status"], &body["error_type"]),
            (&json!("error"), &json!(kind))
        );
        assert_eq!(body["agent"], "Weather");
        assert!(body["timestamp"].is_string());
    }
    app.end().await;
}

#[tokio::test]
async fn a_key_makes_a_chat_repeatable() {
    let app = TestApp::one().await;
    let send = |message: &str| {
        let body = json!({"message": message, "session_id": "s1"});
        let mut request = crate::support::json_request(CHAT, &body);
        request
            .headers_mut()
            .insert("idempotency-key", "k1".parse().unwrap());
        app.send(request)
    };
    let first = send("Hi").await.json();
    assert_eq!(send("Hi").await.json()["response"], first["response"]);
    assert_eq!(app.model.calls().len(), 1);
    let other = send("Ho").await;
    assert_eq!(other.status, 422);
    assert_eq!(other.json()["error_type"], "different_request");
    app.end().await;
}

#[tokio::test]
async fn a_wait_that_runs_out_is_a_504() {
    let app = TestApp::with(|app| {
        app.max_poll_retries(1)
            .poll_interval(std::time::Duration::from_millis(50))
    })
    .await;
    let answer = chat(&app, &json!({"message": "hold on", "session_id": "s1"})).await;
    assert_eq!(answer.status, 504);
    let body = answer.json();
    assert_eq!(body["error_type"], "timeout");
    let path = answer.header("location").unwrap();
    app.model.release(1);
    assert_eq!(
        crate::late::answered(&app, path).await["response"],
        "held on"
    );
    app.end().await;
}

#[tokio::test]
async fn tool_results_can_be_hidden() {
    let app = TestApp::with(|app| app.expose_tool_results(false)).await;
    let body = chat(&app, &json!({"message": "weather Rome"})).await.json();
    assert!(body.get("tool_results").is_none(), "{body}");
    app.end().await;
}
