use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use agent_sdk::Runner;
use agent_sdk::model::{
    ChatMessage, ChatModel, ModelError, ModelRequest, ModelResponse, OpenAiModel, OpenAiOptions,
    RetryOptions, Role,
};
use agent_sdk::prelude::*;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::model_request::user;

const KEY: &str = "sk-hush-hush";

/// The answers, one after the other; the last one for ever.
struct InTurn {
    answers: Vec<ResponseTemplate>,
    next: AtomicUsize,
}

impl Respond for InTurn {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.answers[next.min(self.answers.len() - 1)].clone()
    }
}

async fn server(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let next = AtomicUsize::new(0);
    let mock = Mock::given(method("POST")).and(path("/v1/chat/completions"));
    mock.respond_with(InTurn { answers, next })
        .mount(&server)
        .await;
    server
}

fn options(base_url: impl Into<String>) -> OpenAiOptions {
    let retry = RetryOptions {
        retries_max: 2,
        first_delay: Duration::from_millis(1),
        ..RetryOptions::default()
    };
    OpenAiOptions::new(KEY)
        .base_url(base_url)
        .model("small")
        .retry(retry)
}

fn model(server: &MockServer) -> OpenAiModel {
    OpenAiModel::new(options(format!("{}/v1", server.uri()))).unwrap()
}

fn answer(message: Value) -> ResponseTemplate {
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "small", "choices": [choice],
        "usage": { "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3 },
    }))
}

fn hello() -> ResponseTemplate {
    answer(json!({ "role": "assistant", "content": "Hello!" }))
}

fn failure(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": { "message": message } }))
}

async fn ask(model: &OpenAiModel) -> Result<ModelResponse, ModelError> {
    model.complete(user("Hi")).await
}

async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

#[tokio::test]
async fn a_request_carries_its_headers_and_its_body() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer sk-hush-hush"))
        .and(header("content-type", "application/json"))
        .and(header("openai-organization", "org-1"))
        .and(header("openai-project", "proj-1"))
        .and(header("idempotency-key", "run-1:2"))
        .respond_with(hello())
        .expect(1)
        .mount(&server)
        .await;
    let options = options(format!("{}/v1/", server.uri()));
    let options = options.organization("org-1").project("proj-1");
    let model = OpenAiModel::new(options).unwrap();
    let request = ModelRequest {
        idempotency_key: Some("run-1:2".to_owned()),
        ..user("Hi")
    };
    let response = model.complete(request).await.unwrap();
    assert_eq!(
        response.message,
        ChatMessage::text(Role::Assistant, "Hello!")
    );
    assert_eq!(response.usage.total_tokens, 3);
    let sent: Value = requests(&server).await[0].body_json().unwrap();
    let expected = json!({
        "model": "small",
        "messages": [{ "role": "user", "content": "Hi" }],
    });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn headers_without_a_value_are_not_sent() {
    let server = server(vec![hello()]).await;
    ask(&model(&server)).await.unwrap();
    let sent = requests(&server).await;
    for name in ["openai-organization", "openai-project", "idempotency-key"] {
        assert!(!sent[0].headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn temporary_failures_are_tried_again_with_the_same_request() {
    let server = server(vec![failure(503, "down"), failure(429, "slow"), hello()]).await;
    let request = ModelRequest {
        idempotency_key: Some("key".to_owned()),
        ..user("Hi")
    };
    let response = model(&server).complete(request).await.unwrap();
    assert_eq!(response.message.to_text(), "Hello!");
    let sent = requests(&server).await;
    assert_eq!(sent.len(), 3);
    for other in &sent[1..] {
        assert_eq!(other.body, sent[0].body);
        assert_eq!(
            other.headers["idempotency-key"],
            sent[0].headers["idempotency-key"]
        );
    }
}

#[tokio::test]
async fn retries_end_with_the_last_error() {
    let server = server(vec![failure(500, "first"), failure(529, "last")]).await;
    let expected = ModelError::Unavailable {
        provider: "openai",
        status: 529,
        message: "last".to_owned(),
    };
    assert_eq!(ask(&model(&server)).await.unwrap_err(), expected);
    assert_eq!(requests(&server).await.len(), 3);
}

#[tokio::test]
async fn lasting_failures_are_not_tried_again() {
    let quota = json!({ "error": { "message": "No credit.", "code": "insufficient_quota" } });
    let cases = [
        (failure(400, "wrong"), "invalid_request"),
        (failure(401, "who"), "auth"),
        (failure(404, "where"), "not_found"),
        (
            ResponseTemplate::new(429).set_body_json(quota.clone()),
            "rate_limit",
        ),
        (
            ResponseTemplate::new(429)
                .insert_header("x-should-retry", "true")
                .set_body_json(quota),
            "rate_limit",
        ),
        (
            failure(503, "no").insert_header("x-should-retry", "false"),
            "unavailable",
        ),
        (ResponseTemplate::new(200).set_body_string("{"), "decode"),
    ];
    for (answer, error_type) in cases {
        let server = server(vec![answer]).await;
        let error = ask(&model(&server)).await.unwrap_err();
        assert_eq!(error.error_type(), error_type, "{error}");
        assert_eq!(requests(&server).await.len(), 1, "{error}");
    }
}

#[tokio::test]
async fn the_server_may_ask_for_a_retry() {
    let conflict = failure(400, "busy").insert_header("x-should-retry", "true");
    let server = server(vec![conflict, hello()]).await;
    ask(&model(&server)).await.unwrap();
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn a_named_wait_replaces_our_own() {
    // Our own wait would outlast any test run.
    let retry = RetryOptions {
        retries_max: 1,
        first_delay: Duration::from_hours(1),
        delay_max: Duration::from_hours(1),
        ..RetryOptions::default()
    };
    for (name, value) in [("retry-after-ms", "1"), ("retry-after", "0")] {
        let server = server(vec![
            failure(429, "slow").insert_header(name, value),
            hello(),
        ])
        .await;
        let options = options(format!("{}/v1", server.uri())).retry(retry);
        ask(&OpenAiModel::new(options).unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn a_wait_beyond_the_cap_is_the_callers() {
    for status in [429, 503] {
        let busy = failure(status, "busy").insert_header("retry-after", "120");
        let server = server(vec![busy]).await;
        let error = ask(&model(&server)).await.unwrap_err();
        let ModelError::RateLimit { retry_after, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*retry_after, Some(Duration::from_mins(2)));
        assert_eq!(requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_timeout() {
    let server = server(vec![hello().set_delay(Duration::from_hours(1))]).await;
    let timeout = Duration::from_millis(20);
    let options = options(format!("{}/v1", server.uri())).timeout(timeout);
    let error = ask(&OpenAiModel::new(options).unwrap()).await.unwrap_err();
    let expected = ModelError::Timeout {
        provider: "openai",
        after: timeout,
    };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_timeout_is_tried_again() {
    let late = hello().set_delay(Duration::from_hours(1));
    let server = server(vec![late, hello()]).await;
    let timeout = Duration::from_millis(500);
    let options = options(format!("{}/v1", server.uri())).timeout(timeout);
    let response = ask(&OpenAiModel::new(options).unwrap()).await.unwrap();
    assert_eq!(response.message.to_text(), "Hello!");
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let breaker = std::thread::spawn(move || {
        // The first try and two retries; each connection is closed at once.
        (0..3).map(|_| drop(listener.accept().unwrap())).count()
    });
    let model = OpenAiModel::new(options(format!("http://{address}/v1"))).unwrap();
    let error = ask(&model).await.unwrap_err();
    assert_eq!(error.error_type(), "network");
    assert!(error.is_retryable());
    assert_eq!(breaker.join().unwrap(), 3);
    // Nobody listens any more.
    let error = ask(&model).await.unwrap_err();
    assert_eq!(error.error_type(), "network");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let endless = "x".repeat(16 * 1024 * 1024 + 1);
    let server = server(vec![ResponseTemplate::new(200).set_body_string(endless)]).await;
    let error = ask(&model(&server)).await.unwrap_err();
    let expected = ModelError::Decode {
        provider: "openai",
        message: "it is longer than 16777216 bytes".to_owned(),
    };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn an_endless_error_is_cut_off() {
    let endless = "x".repeat(1024 * 1024);
    let server = server(vec![ResponseTemplate::new(400).set_body_string(endless)]).await;
    let error = ask(&model(&server)).await.unwrap_err();
    assert_eq!(error.error_type(), "invalid_request");
    assert!(error.to_string().len() < 500);
}

#[tokio::test]
async fn the_key_is_not_taken_elsewhere() {
    let other = server(vec![hello()]).await;
    let location = format!("{}/v1/chat/completions", other.uri());
    let moved = ResponseTemplate::new(307).insert_header("location", location);
    let server = server(vec![moved]).await;
    let error = ask(&model(&server)).await.unwrap_err();
    assert_eq!(error.error_type(), "invalid_request");
    assert!(requests(&other).await.is_empty());
}

#[tokio::test]
async fn the_key_is_in_no_error() {
    for key in [KEY, "plain-key"] {
        for status in [400, 401, 429, 500] {
            let message = format!("Incorrect API key provided:{key}. Try ({key})");
            let server = server(vec![failure(status, &message)]).await;
            let options = OpenAiOptions::new(key).base_url(format!("{}/v1", server.uri()));
            let retry = RetryOptions {
                retries_max: 0,
                ..RetryOptions::default()
            };
            let model = OpenAiModel::new(options.model("small").retry(retry)).unwrap();
            let error = ask(&model).await.unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("Incorrect"), "{shown}");
            assert!(!shown.contains(key), "{shown}");
        }
    }
}

#[tokio::test]
async fn the_request_id_is_in_the_error() {
    let answer = failure(400, "wrong").insert_header("x-request-id", "req_7");
    let server = server(vec![answer]).await;
    let error = ask(&model(&server)).await.unwrap_err();
    let expected = "openai refused the request: wrong (status 400) (request req_7)";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn an_unusable_idempotency_key_is_refused_before_anything_is_sent() {
    let server = server(vec![hello()]).await;
    let request = ModelRequest {
        idempotency_key: Some("a\nb".to_owned()),
        ..user("Hi")
    };
    let error = model(&server).complete(request).await.unwrap_err();
    assert_eq!(error.error_type(), "invalid_request");
    assert!(requests(&server).await.is_empty());
}

/// Current weather for a city.
#[tool]
fn get_weather(
    /// City name.
    city: String,
) -> String {
    city + ": sunny"
}

#[tokio::test]
async fn an_agent_calls_its_tool() {
    let call = json!({ "role": "assistant", "content": null, "tool_calls": [{
        "id": "call_1",
        "type": "function",
        "function": { "name": "get_weather", "arguments": "{\"city\":\"Oslo\"}" },
    }]});
    let server = server(vec![answer(call.clone()), hello()]).await;
    let mut agent = AgentDefinition::new("WeatherAgent");
    agent.tools = vec![get_weather::definition()];
    agent.instructions = "Be brief.".into();
    agent.model = Some("large".into());
    let text = Runner::new(agent, Arc::new(model(&server)))
        .chat("Weather?")
        .await
        .unwrap();
    assert_eq!(text, "Hello!");

    let sent = requests(&server).await;
    let second: Value = sent[1].body_json().unwrap();
    assert_eq!(second["model"], "large");
    let expected = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": "Weather?" },
        call,
        {
            "role": "tool",
            "tool_call_id": "call_1",
            "content": "{\"result\":\"Oslo: sunny\",\"status\":\"success\"}",
        },
    ]);
    assert_eq!(second["messages"], expected);
    let function = &second["tools"][0]["function"];
    assert_eq!(function["description"], "Current weather for a city.");
    assert_eq!(function["strict"], json!(true));
    assert_ne!(
        sent[0].headers["idempotency-key"],
        sent[1].headers["idempotency-key"]
    );
}
