//! `POST /api/agents/{name}/run`: answers, waiting, failures.

use std::time::Duration;

use agent_host::RunDialect;
use agent_sdk::model::ChatMessage;
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_json_request_gets_the_contracts_answer() {
    let app = TestApp::one().await;
    let answer = app.run(&json!({"message": "Hi", "session_id": "s1"})).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let correlation = body["correlation_id"].as_str().unwrap();
    assert_eq!(correlation.len(), 32);
    let expected = json!({
        "response": "you said Hi", "message": "Hi", "session_id": "s1", "status": "success",
        "correlation_id": correlation, "message_count": 2, "thread_id": "s1",
    });
    assert_eq!(body, expected);
    assert!(
        answer
            .text
            .starts_with(r#"{"response":"you said Hi","message":"Hi","session_id""#)
    );
    assert_eq!(answer.header("x-ms-session-id"), Some("s1"));
    assert_eq!(answer.header("x-ms-thread-id"), Some("s1"));
    assert_eq!(answer.header("location"), None);
    app.end().await;
}

#[tokio::test]
async fn a_text_request_gets_text_and_a_session() {
    let app = TestApp::one().await;
    let request = Request::post("/api/agents/Weather/run")
        .body(Body::from("  Hi\n"))
        .unwrap();
    let answer = app.send(request).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "you said Hi"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let session = answer.header("x-ms-session-id").unwrap().to_owned();
    assert_eq!(session.len(), 32);
    assert_eq!(answer.header("x-ms-thread-id"), Some(&*session));
    // The header that was given is taken back.
    let request = Request::post("/api/agents/Weather/run?wait_for_response=true")
        .header("x-ms-session-id", &session)
        .header("accept", "application/json")
        .body(Body::from("Again"))
        .unwrap();
    let body = app.send(request).await.json();
    assert_eq!(
        (&body["session_id"], &body["message_count"]),
        (&json!(session), &json!(4))
    );
    app.end().await;
}

#[tokio::test]
async fn turns_of_a_session_remember_and_use_tools() {
    let app = TestApp::one().await;
    let ask = |message: &str| json!({"message": message, "thread_id": "s1"});
    let first = app.run(&ask("weather Rome")).await.json();
    assert_eq!(
        first["response"],
        r#"tool says {"result":"sunny in Rome","status":"success"}"#
    );
    assert_eq!(first["message_count"], 2);
    let second = app.run(&ask("Hi")).await.json();
    assert_eq!(
        (&second["response"], &second["message_count"]),
        (&json!("you said Hi"), &json!(4))
    );
    let seen = app.model.calls().pop().unwrap();
    let texts: Vec<String> = seen.messages.iter().map(ChatMessage::to_text).collect();
    assert!(texts.contains(&String::from("weather Rome")), "{texts:?}");
    app.end().await;
}

#[tokio::test]
async fn a_tool_that_fails_is_told_to_the_model() {
    let app = TestApp::one().await;
    let body = app.run(&json!({"message": "crash"})).await.json();
    assert_eq!(body["status"], "success");
    assert_eq!(
        body["response"],
        r#"tool says {"error":"it broke down","status":"error"}"#
    );
    app.end().await;
}

#[tokio::test]
async fn tools_can_be_switched_off_for_a_turn() {
    let app = TestApp::one().await;
    let body = json!({"message": "weather Rome", "enable_tool_calls": false});
    assert_eq!(
        app.run(&body).await.json()["response"],
        "you said weather Rome"
    );
    app.end().await;
}

#[tokio::test]
async fn a_caller_that_does_not_wait_is_told_where_the_answer_will_be() {
    let app = TestApp::one().await;
    let mut request = crate::support::json_request(
        "/api/agents/weather/run",
        &json!({"message": "hold on", "session_id": "a b", "wait_for_response": false}),
    );
    request
        .headers_mut()
        .insert("host", "localhost:7071".parse().unwrap());
    request
        .headers_mut()
        .insert("idempotency-key", "k1".parse().unwrap());
    let answer = app.send(request).await;
    assert_eq!(answer.status, 202);
    let path = "/api/agents/Weather/a%20b/runs/k1";
    let expected = json!({
        "response": "Agent request accepted", "message": "hold on", "session_id": "a b",
        "status": "accepted", "correlation_id": "k1", "thread_id": "a b",
        "statusQueryGetUri": format!("http://localhost:7071{path}"),
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("location"), Some(path));
    let running = app.get(path).await;
    assert_eq!(
        (running.status, &running.json()["status"]),
        (202, &json!("accepted"))
    );
    app.model.release(1);
    app.end().await;
}

#[tokio::test]
async fn a_wait_that_runs_out_is_a_500_that_names_the_run() {
    let app = TestApp::with(|app| {
        app.max_poll_retries(0)
            .poll_interval(Duration::from_millis(50))
    })
    .await;
    let answer = app
        .run(&json!({"message": "hold on", "session_id": "s1"}))
        .await;
    assert_eq!(answer.status, 500);
    let body = answer.json();
    assert_eq!(body["status"], "timeout");
    assert_eq!(
        body["response"],
        "Agent is still processing or timed out..."
    );
    let path = answer.header("location").unwrap().to_owned();
    assert_eq!(body["statusQueryGetUri"], path.as_str());
    let correlation = body["correlation_id"].as_str().unwrap();
    assert!(path.ends_with(&format!("/s1/runs/{correlation}")), "{path}");
    app.model.release(1);
    let state = crate::late::answered(&app, &path).await;
    assert_eq!(
        (&state["response"], &state["message"]),
        (&json!("held on"), &json!("hold on"))
    );
    app.end().await;
}

#[tokio::test]
async fn a_failed_run_is_an_error() {
    let app = TestApp::one().await;
    let answer = app
        .run(&json!({"message": "fail auth", "session_id": "s1"}))
        .await;
    assert_eq!(answer.status, 500);
    let body = answer.json();
    let expected = json!({
        "error": body["error"], "error_code": "auth", "status": "error", "session_id": "s1",
        "correlation_id": body["correlation_id"], "thread_id": "s1",
    });
    assert_eq!(body, expected);
    assert!(
        body["error"]
            .as_str()
            .unwrap()
            .contains("refused the credentials"),
        "{body}"
    );
    // In text it is no echo of the prompt.
    let request = Request::post("/api/agents/Weather/run")
        .body(Body::from("fail auth"))
        .unwrap();
    let answer = app.send(request).await;
    assert_eq!(answer.status, 500);
    assert!(
        answer.text.contains("refused the credentials"),
        "{}",
        answer.text
    );
    app.end().await;
}

#[tokio::test]
async fn names_of_the_first_release_are_answered_in_kind() {
    let app = TestApp::one().await;
    let body = app
        .run(&json!({"message": "Hi", "sessionId": "s1"}))
        .await
        .json();
    assert_eq!(
        (&body["sessionId"], &body["session_id"]),
        (&json!("s1"), &json!("s1"))
    );
    assert_eq!(body["correlationId"], body["correlation_id"]);
    app.end().await;
}

#[tokio::test]
async fn the_dotnet_dialect() {
    let app = TestApp::with(|app| app.run_dialect(RunDialect::DotNet)).await;
    let mut request =
        crate::support::json_request("/api/agents/Weather/run", &json!({"message": "Hi"}));
    let text = app.send(request).await;
    assert_eq!((text.status, text.text.as_str()), (200, "you said Hi"));
    request = crate::support::json_request("/api/agents/Weather/run", &json!({"message": "Hi"}));
    request
        .headers_mut()
        .insert("accept", "application/json".parse().unwrap());
    let body = app.send(request).await.json();
    assert_eq!(body["status"], 200);
    assert_eq!(
        body["response"]["messages"][0]["contents"][0]["text"],
        "you said Hi"
    );
    app.end().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_nothing() {
    let app = TestApp::one().await;
    let mut request = crate::support::json_request(
        "/api/agents/Weather/run",
        &json!({"message": "hold on", "session_id": "s1"}),
    );
    request
        .headers_mut()
        .insert("idempotency-key", "k1".parse().unwrap());
    tokio::select! {
        biased;
        answer = app.send(request) => panic!("it is held: {answer:?}"),
        () = app.model.called(1) => {}
    }
    app.model.release(1);
    let body = crate::late::answered(&app, "/api/agents/Weather/s1/runs/k1").await;
    assert_eq!(body["response"], "held on");
    assert_eq!(app.model.calls().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn turns_of_one_session_follow_each_other() {
    let app = TestApp::one().await;
    let ask = |number: usize| json!({"message": format!("m{number}"), "session_id": "s1"});
    let bodies: Vec<_> = (0..10).map(ask).collect();
    let runs = bodies.iter().map(|body| app.run(body));
    let answers = futures_util::future::join_all(runs).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let state = app.get("/api/agents/Weather/s1").await.json();
    let history = state["data"]["conversationHistory"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(history.len(), 20);
    for pair in history.chunks(2) {
        assert_eq!(
            (&pair[0]["$type"], &pair[1]["$type"]),
            (&json!("request"), &json!("response"))
        );
        assert_eq!(pair[0]["correlationId"], pair[1]["correlationId"]);
    }
    app.end().await;
}
