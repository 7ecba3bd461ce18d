//! Entries, messages and usage, as they are stored.

use durable_task::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::StoredContent;
use crate::model::{ChatMessage, Content, Role, Usage};

/// One request or response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// `request`, `response`, or what we do not know; absent where a writer used `json_type`.
    #[serde(rename = "$type", default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<String>,
    /// Links request and response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The orchestration that asked, on requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orchestration_id: Option<String>,
    /// `text` or `json`, on requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_type: Option<String>,
    /// The schema of the answer, on requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_schema: Option<Value>,
    /// What was said.
    #[serde(default)]
    pub messages: Vec<StoredMessage>,
    /// Tokens spent, on responses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<StoredUsage>,
    /// Properties that we do not know, `extensionData` among them.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Someone asked.
    Request,
    /// The agent answered, or failed.
    Response,
    /// Something that a later version knows.
    Unknown,
}

/// The failure that an entry tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorInfo {
    /// A stable name for the kind of failure.
    pub code: Option<String>,
    /// What happened.
    pub message: String,
}

impl ErrorInfo {
    /// Whether a provider would refuse the same messages again. They are told apart from failures
    /// that pass, after which a user may well say "try again".
    pub fn is_refusal(&self) -> bool {
        let refusals = ["invalid_request", "context_length", "content_filter"];
        self.code
            .as_deref()
            .is_some_and(|code| refusals.contains(&code))
    }
}

impl Entry {
    /// A request.
    pub fn request(correlation_id: &str, created_at: Timestamp, messages: &[ChatMessage]) -> Self {
        Self::new("request", correlation_id, created_at, messages)
    }

    /// An answer.
    pub fn response(
        correlation_id: &str,
        created_at: Timestamp,
        messages: &[ChatMessage],
        usage: Usage,
    ) -> Self {
        let mut entry = Self::new("response", correlation_id, created_at, messages);
        entry.usage = Some(usage.into());
        entry
    }

    /// A failure, stored in place of an answer: one message with one error, and a flag.
    pub fn error(correlation_id: &str, created_at: Timestamp, error: &ErrorInfo) -> Self {
        let message = ChatMessage {
            role: Role::Assistant,
            contents: vec![Content::Error {
                message: error.message.clone(),
                code: error.code.clone(),
                details: None,
            }],
            author: None,
        };
        let mut entry = Self::new("response", correlation_id, created_at, &[message]);
        let flag = json!({ "isError": true });
        entry.extra.insert(String::from("extensionData"), flag);
        entry
    }

    fn new(
        kind: &str,
        correlation_id: &str,
        created_at: Timestamp,
        messages: &[ChatMessage],
    ) -> Self {
        let messages = messages.iter();
        Self {
            discriminator: Some(kind.to_owned()),
            correlation_id: Some(correlation_id.to_owned()),
            created_at: Some(offset_text(created_at)),
            orchestration_id: None,
            response_type: None,
            response_schema: None,
            messages: messages
                .map(|message| StoredMessage::new(message, created_at))
                .collect(),
            usage: None,
            extra: Map::new(),
        }
    }

    /// What it is, by `$type` or by the older `json_type`.
    pub fn kind(&self) -> EntryKind {
        let other = || self.extra.get("json_type").and_then(Value::as_str);
        match self.discriminator.as_deref().or_else(other) {
            Some("request") => EntryKind::Request,
            Some("response") => EntryKind::Response,
            _ => EntryKind::Unknown,
        }
    }

    /// The failure that it tells of: flagged by us, or nothing but one error.
    pub fn error_info(&self) -> Option<ErrorInfo> {
        let flag = self
            .extra
            .get("extensionData")
            .and_then(|data| data.get("isError"));
        let contents = || self.messages.iter().flat_map(|message| &message.contents);
        let is_single = self.messages.len() == 1 && contents().count() == 1;
        let error = contents().find_map(StoredContent::error_info);
        match error {
            Some(error) if is_single || flag == Some(&Value::Bool(true)) => Some(error),
            None if flag == Some(&Value::Bool(true)) => Some(ErrorInfo {
                code: None,
                message: String::from("the run failed"),
            }),
            _ => None,
        }
    }
}

/// One message of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMessage {
    /// `user`, `assistant`, `system`, `tool`, or what we do not know.
    pub role: String,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The agent or participant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// What was said.
    #[serde(default)]
    pub contents: Vec<StoredContent>,
    /// Properties that we do not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl StoredMessage {
    /// A message as it is stored. The schema has no `developer` role: it becomes `system`.
    pub fn new(message: &ChatMessage, created_at: Timestamp) -> Self {
        let role = match message.role {
            Role::System | Role::Developer => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        Self {
            role: role.to_owned(),
            created_at: Some(offset_text(created_at)),
            author_name: message.author.clone(),
            contents: message.contents.iter().map(StoredContent::from).collect(),
            extra: Map::new(),
        }
    }

    /// The message as the model is told it. A role that we do not know speaks as the user.
    pub fn to_message(&self) -> ChatMessage {
        let role = match self.role.as_str() {
            "system" => Role::System,
            "developer" => Role::Developer,
            "assistant" => Role::Assistant,
            "tool" => Role::Tool,
            _ => Role::User,
        };
        ChatMessage {
            role,
            contents: self.contents.iter().map(Content::from).collect(),
            author: self.author_name.clone(),
        }
    }
}

/// Tokens, as they are stored. Some writers put nulls.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredUsage {
    /// Tokens of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_token_count: Option<u64>,
    /// Tokens of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_token_count: Option<u64>,
    /// Both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_token_count: Option<u64>,
    /// Properties that we do not know, `extensionData` among them.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl From<Usage> for StoredUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_token_count: Some(usage.input_tokens),
            output_token_count: Some(usage.output_tokens),
            total_token_count: Some(usage.total_tokens),
            extra: Map::new(),
        }
    }
}

impl From<&StoredUsage> for Usage {
    fn from(usage: &StoredUsage) -> Self {
        Self {
            input_tokens: usage.input_token_count.unwrap_or(0),
            output_tokens: usage.output_token_count.unwrap_or(0),
            total_tokens: usage.total_token_count.unwrap_or(0),
        }
    }
}

/// RFC 3339 with `+00:00`, as the other writers of the document have it.
fn offset_text(time: Timestamp) -> String {
    let text = time.to_string();
    match text.strip_suffix('Z') {
        Some(local) => format!("{local}+00:00"),
        None => text,
    }
}
