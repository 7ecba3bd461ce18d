//! The one trait of language models.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChatMessage, ModelError, Usage};

/// A language model. Implementations are shared and called concurrently.
///
/// ```
/// use agent_sdk::model::{ChatMessage, ChatModel, ModelError, ModelRequest, Role};
///
/// async fn translate(model: &dyn ChatModel, text: &str) -> Result<String, ModelError> {
///     let request = ModelRequest::new(vec![
///         ChatMessage::text(Role::System, "Translate to French."),
///         ChatMessage::text(Role::User, text),
///     ]);
///     let response = model.complete(request).await?;
///     Ok(response.message.to_text())
/// }
/// ```
#[async_trait]
pub trait ChatModel: Send + Sync + 'static {
    /// The provider's name, for messages and telemetry: `openai`, `scripted`.
    fn provider(&self) -> &'static str;

    /// One answer to one request, whole.
    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError>;
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRequest {
    /// The model's name; `None` takes the provider's default.
    pub model: Option<String>,
    /// The conversation, instructions first.
    pub messages: Vec<ChatMessage>,
    /// What the model may call.
    pub tools: Vec<ToolSpec>,
    /// Whether it may, must or must not call.
    pub tool_choice: ToolChoice,
    /// Whether it may ask for several tools at once.
    pub parallel_tool_calls: bool,
    /// The form of the answer.
    pub response_format: ResponseFormat,
    /// Sent only if set.
    pub temperature: Option<f64>,
    /// Sent only if set.
    pub output_tokens_max: Option<u32>,
    /// The same for every attempt at this call; sent to providers that take one.
    pub idempotency_key: Option<String>,
}

impl ModelRequest {
    /// A conversation to be gone on with in text, without tools, by the provider's default model.
    pub fn new(messages: Vec<ChatMessage>) -> Self {
        Self {
            model: None,
            messages,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            parallel_tool_calls: true,
            response_format: ResponseFormat::Text,
            temperature: None,
            output_tokens_max: None,
            idempotency_key: None,
        }
    }
}

/// A tool, as a model is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The JSON schema (2020-12) of its arguments. Providers translate it to their dialect.
    pub parameters: Value,
}

/// Whether the model may call tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// It must not.
    None,
    /// It must.
    Required,
}

/// The form of a model's answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ResponseFormat {
    /// Text.
    #[default]
    Text,
    /// JSON that fits a schema.
    JsonSchema {
        /// The schema's name: `[a-zA-Z0-9_-]{1,64}`.
        name: String,
        /// The JSON schema (2020-12). Providers translate it to their dialect.
        schema: Value,
    },
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelResponse {
    /// The assistant's message: texts, reasoning, tool calls.
    pub message: ChatMessage,
    /// Tokens spent.
    pub usage: Usage,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// It had said all.
    Stop,
    /// It ran out of tokens.
    Length,
    /// It asks for tools.
    ToolCalls,
    /// The provider refused.
    ContentFilter,
    /// Something else.
    Other,
}
