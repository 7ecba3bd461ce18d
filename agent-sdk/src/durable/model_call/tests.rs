use serde_json::{Value, json};

use super::super::fixture::{Counter, FakeHub, app, entity};
use super::*;
use crate::agent::OutputSchema;
use crate::model::{ChatModel, ModelError, ModelRequest, ModelResponse, Role};

fn input() -> ModelInput {
    ModelInput {
        agent: "Joker".into(),
        session: SessionId::new("s").unwrap(),
        correlation: CorrelationId::new("new").unwrap(),
        messages: vec![ChatMessage::text(Role::User, "And?")],
        tool_use: ToolUse::Offered,
        timeout_ms: 1000,
    }
}

/// A session with one turn, answered under the correlation id `old`.
fn stored() -> String {
    json!({"schemaVersion": "1.1.0", "data": {"conversationHistory": [
        {"$type": "request", "correlationId": "old", "createdAt": "x", "messages": [
            {"role": "user", "contents": [{"$type": "text", "text": "Hi"}]}]},
        {"$type": "response", "correlationId": "old", "createdAt": "x", "messages": [
            {"role": "assistant", "contents": [{"$type": "text", "text": "{\"x\":1}"}]}]},
    ]}})
    .to_string()
}

async fn call(app: Arc<App>, hub: FakeHub, input: ModelInput) -> Result<ModelOutput, RunFailure> {
    let hub: Arc<dyn Client> = Arc::new(hub);
    let call = ModelCall {
        app: &app,
        hub: &hub,
        run: &InstanceId::from_stored("run-1"),
        idempotency_key: "key".into(),
        cancelled: &CancellationToken::new(),
    };
    call.run(input).await
}

fn hub(looks: impl IntoIterator<Item = Option<durable_task::EntityMetadata>>) -> FakeHub {
    let hub = FakeHub::default();
    hub.show(looks);
    hub
}

fn completion(output: ModelOutput) -> Completion {
    match output {
        ModelOutput::Completed(completion) => *completion,
        ModelOutput::Stored(answer) => panic!("stored: {answer:?}"),
    }
}

#[tokio::test]
async fn the_model_gets_the_sessions_messages_and_the_key() {
    let first = hub([Some(entity(None, Some("run-1"), 0))]);
    let output = completion(call(app(Counter, |_| {}), first, input()).await.unwrap());
    assert_eq!(output.response.message.to_text(), "2 messages");
    let later = hub([Some(entity(Some(&stored()), Some("run-1"), 3))]);
    let output = completion(call(app(Counter, |_| {}), later, input()).await.unwrap());
    assert_eq!(output.response.message.to_text(), "4 messages");
    assert_eq!(output.response.model.as_deref(), Some("key"));
}

#[tokio::test]
async fn the_session_is_read_only_once_this_run_holds_it() {
    let lagging = hub([
        None,
        Some(entity(None, Some("run-0"), 1)),
        Some(entity(None, None, 1)),
        Some(entity(Some(&stored()), Some("run-1"), 0)),
    ]);
    let output = completion(call(app(Counter, |_| {}), lagging, input()).await.unwrap());
    assert_eq!(output.response.message.to_text(), "4 messages");
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_never_shows_the_lock_fails_the_step() {
    let other = hub([Some(entity(None, Some("run-0"), 1))]);
    let failure = call(app(Counter, |_| {}), other, input())
        .await
        .unwrap_err();
    assert_eq!(
        (failure.error_type.as_str(), failure.retryable),
        ("session", true)
    );
    assert!(
        failure.message.contains("does not show run `run-1`"),
        "{failure}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_shows_nothing_without_a_state_has_a_new_session() {
    let output = call(app(Counter, |_| {}), hub([None]), input()).await;
    let output = completion(output.unwrap());
    assert_eq!(output.response.message.to_text(), "2 messages");
}

#[tokio::test]
async fn a_stored_answer_is_the_result() {
    let held = || hub([Some(entity(Some(&stored()), Some("run-1"), 0))]);
    let again = || ModelInput {
        correlation: CorrelationId::new("old").unwrap(),
        ..input()
    };
    let output = call(app(Counter, |_| {}), held(), again()).await.unwrap();
    let ModelOutput::Stored(answer) = output else {
        panic!("the model was asked");
    };
    assert_eq!(
        (answer.text.as_str(), answer.structured),
        (r#"{"x":1}"#, None)
    );
    let typed = app(Counter, |joker| {
        joker.output = Some(OutputSchema {
            name: "X".into(),
            schema: json!({}),
        });
    });
    let ModelOutput::Stored(answer) = call(typed, held(), again()).await.unwrap() else {
        panic!("the model was asked");
    };
    assert_eq!(answer.structured, Some(json!({"x": 1})));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_marked() {
    let held = hub([Some(entity(None, Some("run-1"), 0))]);
    let typed = app(Counter, |joker| {
        joker.output = Some(OutputSchema {
            name: "X".into(),
            schema: json!({"type": "object"}),
        });
    });
    let output = completion(call(typed, held, input()).await.unwrap());
    assert!(
        output
            .output_problem
            .unwrap()
            .starts_with("the answer is not JSON")
    );
}

#[tokio::test]
async fn failures_say_what_failed_and_whether_to_try_again() {
    struct Down;
    #[async_trait::async_trait]
    impl ChatModel for Down {
        fn provider(&self) -> &'static str {
            "down"
        }
        async fn complete(&self, _: ModelRequest) -> Result<ModelResponse, ModelError> {
            Err(ModelError::Unavailable {
                provider: "down",
                status: 503,
                message: "later".into(),
            })
        }
    }
    let held = |state: Option<&str>| hub([Some(entity(state, Some("run-1"), 0))]);
    let failure = call(app(Down, |_| {}), held(None), input())
        .await
        .unwrap_err();
    assert_eq!(
        (failure.error_type.as_str(), failure.retryable),
        ("unavailable", true)
    );
    assert_eq!(failure.upstream_status, Some(503));

    let unreadable = json!({"data": {}}).to_string();
    let failure = call(app(Counter, |_| {}), held(Some(&unreadable)), input())
        .await
        .unwrap_err();
    assert_eq!(
        (failure.error_type.as_str(), failure.retryable),
        ("session", false)
    );

    let gone = ModelInput {
        agent: "Poet".into(),
        ..input()
    };
    let failure = call(app(Counter, |_| {}), held(None), gone)
        .await
        .unwrap_err();
    assert_eq!(
        (failure.error_type.as_str(), failure.retryable),
        ("unknown_agent", false)
    );
}

#[tokio::test]
async fn a_cancelled_step_stops_waiting() {
    let hub: Arc<dyn Client> = Arc::new(hub([None]));
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let call = ModelCall {
        app: &app(Counter, |_| {}),
        hub: &hub,
        run: &InstanceId::from_stored("run-1"),
        idempotency_key: "key".into(),
        cancelled: &cancelled,
    };
    let failure = call.run(input()).await.unwrap_err();
    assert_eq!(
        (failure.error_type.as_str(), failure.retryable),
        ("cancelled", true)
    );
}

#[test]
fn steps_survive_their_recorded_forms() {
    let input = input();
    let json = serde_json::to_value(&input).unwrap();
    assert_eq!(json["tool_use"], "offered");
    assert_eq!(serde_json::from_value::<ModelInput>(json).unwrap(), input);
    let stored: Value = json!({"stored": {
        "text": "Ha.", "message_count": 2, "usage": {}, "finish_reason": "stop",
        "tool_results": [], "max_rounds_reached": false,
    }});
    let output: ModelOutput = serde_json::from_value(stored).unwrap();
    assert!(matches!(output, ModelOutput::Stored(_)));
}
