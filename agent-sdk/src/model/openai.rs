//! `OpenAI`, and every server that speaks its Chat Completions protocol.

mod client;
mod decode;
mod encode;
mod options;
mod refusal;

pub use client::OpenAiModel;
pub use options::{OpenAiError, OpenAiOptions};

/// The provider's name in errors and telemetry.
const PROVIDER: &str = "openai";
