//! Language models: one trait, typed content, one file per provider.

mod chat;
mod content;
mod error;
mod openai;
mod retry;
mod scripted;

pub use chat::{
    ChatModel, FinishReason, ModelRequest, ModelResponse, ResponseFormat, ToolChoice, ToolSpec,
};
pub use content::{ChatMessage, Content, Role, Usage};
pub use error::ModelError;
pub use openai::{OpenAiError, OpenAiModel, OpenAiOptions};
pub use retry::RetryOptions;
pub use scripted::{ScriptedModel, ScriptedRule, ScriptedTurn};
