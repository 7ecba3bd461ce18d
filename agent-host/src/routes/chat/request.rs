//! Reading a chat request: bytes and headers in, messages or a refusal out.

use std::collections::BTreeSet;

use agent_sdk::model::{ChatMessage, Content, Role};
use agent_sdk::{CorrelationId, SessionId};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::agents::request::{Fresh, idempotency_key, later, role_named, session};
use crate::routes::negotiate::{RequestParts, asks_for_stream, content_type, is_json};
use crate::routes::session_field::session_field;

/// One chat turn, as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChatInput {
    pub(crate) messages: Vec<ChatMessage>,
    /// Tools to call instead, past the model: names with their arguments.
    pub(crate) tool_calls: Option<Vec<(String, Value)>>,
    pub(crate) session: SessionId,
    pub(crate) correlation: CorrelationId,
    /// What the answer names as its conversation.
    pub(crate) conversation_id: String,
    /// Given back as it came.
    pub(crate) context: Map<String, Value>,
}

/// Why there is no turn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChatRefusal {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl ChatRefusal {
    fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body }
    }

    fn text(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, json!({ "error": text.into() }))
    }

    fn with_message(error: &str, message: &str) -> Self {
        let body = json!({"error": error, "message": message});
        Self::new(StatusCode::BAD_REQUEST, body)
    }
}

/// Reads a chat request. `direct` says whether it may call tools past the model.
pub(crate) fn parse_chat(
    request: RequestParts<'_>,
    fresh: Fresh,
    direct: bool,
) -> Result<ChatInput, ChatRefusal> {
    if content_type(request.headers).is_some_and(|media_type| !is_json(&media_type)) {
        return Err(ChatRefusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            json!({"error": "Content type must be application/json"}),
        ));
    }
    let body = match serde_json::from_slice(request.body) {
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(ChatRefusal::text("Request body must be a JSON object")),
        Err(_) => return Err(ChatRefusal::text("Invalid JSON in request body")),
    };
    if asks_for_stream(request.headers, &body) {
        return Err(ChatRefusal::with_message(
            "Streaming not enabled",
            "Streaming is not available yet; ask for the whole answer",
        ));
    }
    later(request.headers, &body).map_err(ChatRefusal::text)?;
    let tool_calls = direct_calls(&body, direct)?;
    let messages = match &tool_calls {
        Some(_) => Vec::new(),
        None => messages(&body)?,
    };
    let context = context(&body)?;
    optional_text(&body, "user_id")?;
    let key = idempotency_key(request.headers).map_err(ChatRefusal::text)?;
    let conversation = optional_text(&body, "conversation_id")?;
    let named = named_session(request, &body, conversation)?;
    let session = session(named, key.as_ref(), fresh.session).map_err(ChatRefusal::text)?;
    Ok(ChatInput {
        messages,
        tool_calls,
        conversation_id: conversation.map_or_else(|| session.to_string(), str::to_owned),
        session,
        correlation: key.unwrap_or(fresh.correlation),
        context,
    })
}

/// The session of a chat: `conversation_id` is a key of its own, which names the session only
/// where nothing else does.
fn named_session(
    request: RequestParts<'_>,
    body: &Map<String, Value>,
    conversation: Option<&str>,
) -> Result<Option<String>, ChatRefusal> {
    let mut fields = body.clone();
    fields.remove("conversation_id");
    let field =
        session_field(request, &fields).map_err(|error| ChatRefusal::text(error.to_string()))?;
    Ok(field.value.or_else(|| conversation.map(str::to_owned)))
}

/// How many tools one request may call past the model.
const DIRECT_CALLS_MAX: usize = 32;

/// The tools to call past the model, which is opt-in per agent.
fn direct_calls(
    body: &Map<String, Value>,
    direct: bool,
) -> Result<Option<Vec<(String, Value)>>, ChatRefusal> {
    let calls = match body.get("tool_calls") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(calls)) if calls.is_empty() => return Ok(None),
        Some(_) if !direct => {
            return Err(ChatRefusal::with_message(
                "Direct tool calls not enabled",
                "This agent's tools are called by its model only; leave out 'tool_calls'",
            ));
        }
        Some(Value::Array(calls)) if calls.len() <= DIRECT_CALLS_MAX => calls,
        Some(_) => {
            let limit = format!("'tool_calls' must be an array of at most {DIRECT_CALLS_MAX}");
            return Err(ChatRefusal::text(limit));
        }
    };
    let calls = calls.iter().enumerate().map(|(index, call)| {
        let wrong = |what| ChatRefusal::text(format!("'tool_calls[{index}].{what}"));
        let name = call.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| wrong("name' must be a string"))?;
        let arguments = match call.get("arguments") {
            None | Some(Value::Null) => Value::Object(Map::new()),
            Some(arguments @ Value::Object(_)) => arguments.clone(),
            Some(_) => return Err(wrong("arguments' must be an object")),
        };
        Ok((name.to_owned(), arguments))
    });
    calls.collect::<Result<_, _>>().map(Some)
}

fn context(body: &Map<String, Value>) -> Result<Map<String, Value>, ChatRefusal> {
    match body.get("context") {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(context)) => Ok(context.clone()),
        Some(_) => Err(ChatRefusal::text("'context' must be an object")),
    }
}

/// A string that is not blank; `None` for what is missing, null or blank.
fn optional_text<'a>(
    body: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, ChatRefusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.trim().is_empty()).then_some(text)),
        Some(_) => Err(ChatRefusal::text(format!("'{name}' must be a string"))),
    }
}

/// The messages of a request, from either field.
fn messages(body: &Map<String, Value>) -> Result<Vec<ChatMessage>, ChatRefusal> {
    let message = match body.get("message") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(ChatRefusal::text("'message' must be a string")),
    };
    let list = match body.get("messages") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(list)) => list.as_slice(),
        Some(_) => return Err(ChatRefusal::text("'messages' must be an array")),
    };
    if !body.contains_key("message") && !body.contains_key("messages") {
        return Err(neither());
    }
    let messages = if list.is_empty() {
        vec![ChatMessage::text(Role::User, message)]
    } else {
        list.iter()
            .enumerate()
            .map(|(index, item)| read_message(&format!("messages[{index}]"), item))
            .collect::<Result<_, _>>()?
    };
    refuse_orphans(&messages)?;
    let has_content = messages
        .iter()
        .flat_map(|message| &message.contents)
        .any(|content| !matches!(content, Content::Text { text } if text.trim().is_empty()));
    match (has_content, list.is_empty()) {
        (true, _) => Ok(messages),
        (false, true) => Err(ChatRefusal::text("'message' must not be empty")),
        (false, false) => Err(ChatRefusal::text("'messages' must not be empty")),
    }
}

/// A result of a tool answers a call of the same request. Providers refuse any other, and once it
/// is in a session they would refuse every later turn.
fn refuse_orphans(messages: &[ChatMessage]) -> Result<(), ChatRefusal> {
    let mut open = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        for content in &message.contents {
            match content {
                Content::ToolCall { call_id, .. } => {
                    open.insert(call_id.as_str());
                }
                Content::ToolResult { call_id, .. } if !open.remove(call_id.as_str()) => {
                    return Err(ChatRefusal::text(format!(
                        "'messages[{index}].tool_call_id' answers no call of an earlier message"
                    )));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn neither() -> ChatRefusal {
    let body = json!({
        "error": "Either 'message' or 'messages' is required",
        "examples": {
            "simple": {"message": "Hello!"},
            "openai": {"messages": [{"role": "user", "content": "Hello!"}]},
        },
    });
    ChatRefusal::new(StatusCode::BAD_REQUEST, body)
}

fn read_message(path: &str, item: &Value) -> Result<ChatMessage, ChatRefusal> {
    let wrong = |what: &str| ChatRefusal::text(format!("'{path}{what}"));
    let Value::Object(fields) = item else {
        return Err(wrong("' must be an object"));
    };
    let role = match fields.get("role") {
        None | Some(Value::Null) => Role::User,
        Some(role) => role.as_str().and_then(role_named).ok_or_else(|| {
            wrong(".role' must be one of system, developer, user, assistant, tool")
        })?,
    };
    let text = content_text(fields.get("content"))
        .ok_or_else(|| wrong(".content' must be a string or an array of text parts"))?;
    let author = match fields.get("name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => return Err(wrong(".name' must be a string")),
    };
    let mut contents = Vec::new();
    if role == Role::Tool {
        let call_id = fields.get("tool_call_id").and_then(Value::as_str);
        contents.push(Content::ToolResult {
            call_id: call_id
                .ok_or_else(|| wrong(".tool_call_id' must be a string"))?
                .to_owned(),
            // A result that is JSON is kept as such, anything else as text.
            result: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        });
    } else if !text.is_empty() {
        contents.push(Content::Text { text });
    }
    match (role, fields.get("tool_calls")) {
        (_, None | Some(Value::Null)) => {}
        (Role::Assistant, Some(Value::Array(calls))) => {
            for call in calls {
                contents.push(read_call(call).ok_or_else(|| {
                    wrong(".tool_calls' must have id, function.name and function.arguments")
                })?);
            }
        }
        _ => {
            return Err(wrong(
                ".tool_calls' must be an array in a message of the assistant",
            ));
        }
    }
    Ok(ChatMessage {
        role,
        contents,
        author,
    })
}

/// The text of a message's content; `None` if it is something else.
fn content_text(content: Option<&Value>) -> Option<String> {
    match content {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(parts)) => parts
            .iter()
            .map(|part| match part.get("type")?.as_str()? {
                "text" => part.get("text")?.as_str(),
                _ => None,
            })
            .collect(),
        Some(_) => None,
    }
}

fn read_call(call: &Value) -> Option<Content> {
    let function = call.get("function")?;
    Some(Content::ToolCall {
        call_id: call.get("id")?.as_str()?.to_owned(),
        name: function.get("name")?.as_str()?.to_owned(),
        arguments: function.get("arguments")?.as_str()?.to_owned(),
    })
}

#[cfg(test)]
mod tests;
