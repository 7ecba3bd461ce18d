//! The model of these tests: the user's last message says what it does.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::{
    ChatMessage, ChatModel, Content, FinishReason, ModelError, ModelRequest, ModelResponse, Role,
    Usage,
};
use async_trait::async_trait;
use serde_json::json;
use tokio::sync::{Semaphore, watch};

const PROVIDER: &str = "test";

/// What tests see of the model and do to it.
#[derive(Debug)]
pub struct Control {
    /// Calls whose message begins with `hold` take a permit here before they answer.
    gate: Semaphore,
    calls: watch::Sender<Vec<ModelRequest>>,
}

impl Control {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(0),
            calls: watch::Sender::default(),
        })
    }

    /// Lets held calls answer, now and later.
    pub fn release(&self, count: usize) {
        self.gate.add_permits(count);
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<ModelRequest> {
        self.calls.borrow().clone()
    }

    /// Ends when that many calls have begun.
    pub async fn called(&self, count: usize) {
        let mut calls = self.calls.subscribe();
        calls.wait_for(|calls| calls.len() >= count).await.unwrap();
    }
}

/// - `hold ..` waits until it is released
/// - `fail KIND` fails
/// - `weather CITY` asks for `get_weather`, then repeats its result
/// - `crash` asks for a tool that fails
/// - anything else is repeated
pub struct TestModel(pub Arc<Control>);

#[async_trait]
impl ChatModel for TestModel {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        self.0
            .calls
            .send_modify(|calls| calls.push(request.clone()));
        let last = request
            .messages
            .iter()
            .rfind(|message| message.role == Role::User);
        let text = last.map(ChatMessage::to_text).unwrap_or_default();
        let (command, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let result = tool_result(&request.messages);
        match (command, result) {
            ("hold", _) => {
                self.0.gate.acquire().await.unwrap().forget();
                Ok(says(format!("held {rest}")))
            }
            ("fail", _) => Err(failure(rest)),
            ("weather", None) if !request.tools.is_empty() => {
                Ok(calls("get_weather", &json!({ "city": rest })))
            }
            ("crash", None) => Ok(calls("break_down", &json!({}))),
            (_, Some(result)) => Ok(says(format!("tool says {result}"))),
            _ => Ok(says(format!("you said {text}"))),
        }
    }
}

/// What the tool of this turn gave.
fn tool_result(messages: &[ChatMessage]) -> Option<String> {
    let last = messages.last()?;
    last.contents.iter().find_map(|content| match content {
        Content::ToolResult { result, .. } => Some(result.to_string()),
        _ => None,
    })
}

fn says(text: String) -> ModelResponse {
    response(Content::Text { text }, FinishReason::Stop)
}

fn calls(name: &str, arguments: &serde_json::Value) -> ModelResponse {
    let call = Content::ToolCall {
        call_id: String::from("call-1"),
        name: name.to_owned(),
        arguments: arguments.to_string(),
    };
    response(call, FinishReason::ToolCalls)
}

fn response(content: Content, finish_reason: FinishReason) -> ModelResponse {
    ModelResponse {
        message: ChatMessage {
            role: Role::Assistant,
            contents: vec![content],
            author: None,
        },
        usage: Usage {
            input_tokens: 5,
            output_tokens: 2,
            total_tokens: 7,
        },
        finish_reason,
        model: None,
    }
}

fn failure(kind: &str) -> ModelError {
    let provider = PROVIDER;
    let message = String::from("no");
    match kind {
        "rate_limit" => ModelError::RateLimit {
            provider,
            message,
            retry_after: Some(Duration::from_secs(7)),
        },
        "timeout" => ModelError::Timeout {
            provider,
            after: Duration::from_mins(1),
        },
        "auth" => ModelError::Auth { provider, message },
        _ => ModelError::Unavailable {
            provider,
            status: 503,
            message,
        },
    }
}
