//! Language models: one trait, typed content, one file per provider.

mod chat;
mod content;
mod error;

pub use chat::{
    ChatModel, FinishReason, ModelRequest, ModelResponse, ResponseFormat, ToolChoice, ToolSpec,
};
pub use content::{ChatMessage, Content, Role, Usage};
pub use error::ModelError;
