//! From the body of an answer to a response. What providers leave out or add does no harm.

use serde::Deserialize;
use serde_json::Value;

use super::PROVIDER;
use super::refusal::short_text;
use crate::model::{ChatMessage, Content, FinishReason, ModelError, ModelResponse, Role, Usage};

/// Reads the body of an answer with a good status.
pub(super) fn decode(body: &[u8]) -> Result<ModelResponse, ModelError> {
    let completion: Completion = serde_json::from_slice(body).map_err(|error| syntax(&error))?;
    let choice = completion.choices.unwrap_or_default().into_iter().next();
    let Some(Choice {
        message,
        finish_reason,
    }) = choice
    else {
        return Err(unreadable("it has no choices"));
    };
    if let Some(refusal) = message.refusal.filter(|text| !text.is_empty()) {
        return Err(filtered(&refusal));
    }
    let mut contents = Vec::new();
    if let Some(text) = message.reasoning_content.filter(|text| !text.is_empty()) {
        contents.push(Content::Reasoning { text });
    }
    let text = message.content.map(WireText::into_text).unwrap_or_default();
    if !text.is_empty() {
        contents.push(Content::Text { text });
    }
    for (position, call) in message
        .tool_calls
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        contents.push(tool_call(call, completion.id.as_deref(), position)?);
    }
    let finish_reason = finish(finish_reason.as_deref(), &contents);
    if finish_reason == FinishReason::ContentFilter && contents.is_empty() {
        return Err(filtered("the answer was withheld"));
    }
    Ok(ModelResponse {
        message: ChatMessage {
            role: Role::Assistant,
            contents,
            author: None,
        },
        usage: completion.usage.map(Usage::from).unwrap_or_default(),
        finish_reason,
        model: completion.model,
    })
}

/// Says where, not what: the parser's own words quote the answer.
fn syntax(error: &serde_json::Error) -> ModelError {
    let what = if error.is_data() {
        "a chat completion"
    } else {
        "JSON"
    };
    let (line, column) = (error.line(), error.column());
    unreadable(format!("it is not {what} (line {line}, column {column})"))
}

fn unreadable(message: impl Into<String>) -> ModelError {
    ModelError::Decode {
        provider: PROVIDER,
        message: message.into(),
    }
}

fn filtered(message: &str) -> ModelError {
    ModelError::ContentFilter {
        provider: PROVIDER,
        message: short_text(message),
    }
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: WireMessage,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct WireMessage {
    #[serde(default)]
    content: Option<WireText>,
    #[serde(default)]
    refusal: Option<String>,
    /// Where servers other than `OpenAI` itself put what the model thought.
    #[serde(default)]
    reasoning_content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<WireCall>>,
}

/// Some servers answer in parts, as requests are asked.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireText {
    Text(String),
    Parts(Vec<TextPart>),
}

#[derive(Deserialize)]
struct TextPart {
    #[serde(default)]
    text: String,
}

impl WireText {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        }
    }
}

#[derive(Deserialize)]
struct WireCall {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<WireFunction>,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireUsage {
    #[serde(rename = "prompt_tokens")]
    input: Option<u64>,
    #[serde(rename = "completion_tokens")]
    output: Option<u64>,
    #[serde(rename = "total_tokens")]
    total: Option<u64>,
}

impl From<WireUsage> for Usage {
    fn from(usage: WireUsage) -> Self {
        let input_tokens = usage.input.unwrap_or_default();
        let output_tokens = usage.output.unwrap_or_default();
        let sum = input_tokens.saturating_add(output_tokens);
        Self {
            input_tokens,
            output_tokens,
            total_tokens: usage.total.unwrap_or(sum),
        }
    }
}

/// The arguments are text from here on. Some servers send an object, and some no id; the id of the
/// answer, which no other answer has, then makes one.
fn tool_call(
    call: WireCall,
    answer_id: Option<&str>,
    position: usize,
) -> Result<Content, ModelError> {
    let Some(WireFunction { name, arguments }) = call.function else {
        return Err(unreadable("it calls a tool that is not a function"));
    };
    let own_id = call.id.filter(|id| !id.is_empty());
    let call_id = own_id.or_else(|| answer_id.map(|id| format!("{id}-{position}")));
    Ok(Content::ToolCall {
        call_id: call_id.ok_or_else(|| unreadable("it calls a tool without an id"))?,
        name,
        arguments: match arguments {
            Value::String(text) if !text.trim().is_empty() => text,
            Value::String(_) | Value::Null => "{}".to_owned(),
            other => other.to_string(),
        },
    })
}

/// Some servers say `stop` after tool calls, too.
fn finish(reason: Option<&str>, contents: &[Content]) -> FinishReason {
    let is_call = |content: &Content| matches!(content, Content::ToolCall { .. });
    match reason {
        Some("length") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        _ if contents.iter().any(is_call) => FinishReason::ToolCalls,
        Some("stop") => FinishReason::Stop,
        _ => FinishReason::Other,
    }
}

#[cfg(test)]
mod tests;
