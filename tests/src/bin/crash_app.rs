//! The app that the tests kill: its model and its tool note every call outside of the process and
//! wait at gates that the test holds.
//!
//! The last word of a message says what the turn does: `plain` answers at once, `tools:3` asks for
//! three tools at a time before it answers, `rounds:3` for one tool three times.

use std::sync::OnceLock;
use std::time::Duration;

use agent_host::{BODY_TIMEOUT, FunctionApp, HostError};
use agent_sdk::model::{
    ChatMessage, ChatModel, Content, FinishReason, ModelError, ModelRequest, ModelResponse, Role,
    Usage,
};
use agent_sdk::prelude::*;
use agent_tests::{CallLog, Phase, Random};
use async_trait::async_trait;
use serde_json::json;

/// Calls are spread over this time, so that kills meet them at every stage.
const DELAY_MS_MAX: &str = "CRASH_APP_DELAY_MS_MAX";
/// How long the body of a request may take to arrive.
const BODY_TIMEOUT_MS: &str = "CRASH_APP_BODY_TIMEOUT_MS";

/// Book one leg of a journey.
#[tool]
async fn book(
    /// Which leg, from 0.
    leg: u32,
    ctx: &ToolContext,
) -> Result<String, ToolError> {
    let kind = format!("tool-{leg}");
    called(&kind, ctx.idempotency_key())
        .await
        .map_err(|error| ToolError::failed(error.to_string()))?;
    Ok(format!("booked {leg}"))
}

/// Notes a call of the model or of a tool, from its start to its end.
async fn called(kind: &str, key: &str) -> std::io::Result<()> {
    static LOG: OnceLock<Option<CallLog>> = OnceLock::new();
    let Some(log) = LOG.get_or_init(CallLog::from_environment) else {
        return Ok(());
    };
    log.pass(&format!("before-{kind}")).await?;
    log.note(kind, Phase::Began, key)?;
    delay(key).await;
    log.pass(&format!("in-{kind}")).await?;
    log.note(kind, Phase::Ended, key)
}

/// The same for the same call: from its key.
async fn delay(key: &str) {
    let limit = std::env::var(DELAY_MS_MAX)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let seed = key.bytes().fold(0_u64, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let millis = Random::new(seed).between(0, limit);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[agent(instructions = "Book what is asked for.", tools = [book])]
struct Traveller;

/// Answers as the message says.
struct LoggedModel;

#[async_trait]
impl ChatModel for LoggedModel {
    fn provider(&self) -> &'static str {
        "logged"
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        let key = request.idempotency_key.clone().unwrap_or_default();
        called("model", &key)
            .await
            .map_err(|error| ModelError::Network {
                provider: self.provider(),
                message: error.to_string(),
            })?;
        Ok(answer(&request.messages))
    }
}

fn answer(messages: &[ChatMessage]) -> ModelResponse {
    let is_question = |message: &&ChatMessage| message.role == Role::User;
    let question = messages.iter().rfind(is_question);
    let text = question.map(ChatMessage::to_text).unwrap_or_default();
    let results = messages
        .iter()
        .rev()
        .take_while(|message| message.role != Role::User)
        .flat_map(|message| &message.contents)
        .filter(|content| matches!(content, Content::ToolResult { .. }))
        .count();
    let plan = text.rsplit(' ').next().unwrap_or_default();
    let (kind, count) = plan.split_once(':').unwrap_or((plan, "0"));
    let count: usize = count.parse().unwrap_or(0);
    let legs = match kind {
        "tools" if results == 0 => 0..count,
        "rounds" if results < count => results..results + 1,
        _ => 0..0,
    };
    let (contents, finish_reason) = if legs.is_empty() {
        let text = format!("done {text}");
        (vec![Content::Text { text }], FinishReason::Stop)
    } else {
        (legs.map(ask_for).collect(), FinishReason::ToolCalls)
    };
    ModelResponse {
        message: ChatMessage {
            role: Role::Assistant,
            contents,
            author: None,
        },
        usage: Usage::default(),
        finish_reason,
        model: None,
    }
}

fn ask_for(leg: usize) -> Content {
    Content::ToolCall {
        call_id: format!("call-{leg}"),
        name: String::from("book"),
        arguments: json!({ "leg": leg }).to_string(),
    }
}

/// As the environment says, else as every app.
fn body_timeout() -> Duration {
    let millis = std::env::var(BODY_TIMEOUT_MS).ok();
    let millis = millis.and_then(|text| text.parse().ok());
    millis.map_or(BODY_TIMEOUT, Duration::from_millis)
}

fn main() -> Result<(), HostError> {
    FunctionApp::new()
        .agent::<Traveller>()
        .offline_model(LoggedModel)
        .body_timeout(body_timeout())
        .run()
}
