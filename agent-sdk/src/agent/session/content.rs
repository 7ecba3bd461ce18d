//! Contents: between our types and the `$type`s of the schema.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{ErrorInfo, StoredUsage};
use crate::model::{Content, Usage};

/// One part of a message, as it is stored: its `$type` and its other properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredContent {
    /// `text`, `functionCall`, .., or what we do not know.
    #[serde(rename = "$type", default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl StoredContent {
    fn new<const N: usize>(kind: &str, fields: [(&str, Value); N]) -> Self {
        let set = fields.into_iter().filter(|(_, value)| !value.is_null());
        Self {
            discriminator: Some(kind.to_owned()),
            fields: set.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    fn text_of(&self, name: &str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    fn optional_text(&self, name: &str) -> Option<String> {
        self.fields
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    }

    fn value_of(&self, name: &str) -> Value {
        self.fields.get(name).cloned().unwrap_or(Value::Null)
    }

    /// The failure, if it is one.
    pub(super) fn error_info(&self) -> Option<ErrorInfo> {
        (self.discriminator.as_deref() == Some("error")).then(|| ErrorInfo {
            code: self.optional_text("errorCode"),
            message: self.text_of("message"),
        })
    }

    fn to_value(&self) -> Value {
        let mut fields = self.fields.clone();
        if let Some(kind) = &self.discriminator {
            fields.insert(String::from("$type"), Value::from(kind.as_str()));
        }
        Value::Object(fields)
    }
}

impl From<&Content> for StoredContent {
    fn from(content: &Content) -> Self {
        match content {
            Content::Text { text } => Self::new("text", [("text", json!(text))]),
            Content::Reasoning { text } => Self::new("reasoning", [("text", json!(text))]),
            Content::ToolCall {
                call_id,
                name,
                arguments,
            } => Self::new(
                "functionCall",
                [
                    ("callId", json!(call_id)),
                    ("name", json!(name)),
                    ("arguments", arguments_object(arguments)),
                ],
            ),
            Content::ToolResult { call_id, result } => {
                let mut stored = Self::new("functionResult", [("callId", json!(call_id))]);
                stored.fields.insert(String::from("result"), result.clone());
                stored
            }
            Content::Data { uri, media_type } => Self::new(
                "data",
                [("uri", json!(uri)), ("mediaType", json!(media_type))],
            ),
            Content::Uri { uri, media_type } => Self::new(
                "uri",
                [("uri", json!(uri)), ("mediaType", json!(media_type))],
            ),
            Content::Error {
                message,
                code,
                details,
            } => Self::new(
                "error",
                [
                    ("message", json!(message)),
                    ("errorCode", json!(code)),
                    ("details", json!(details)),
                ],
            ),
            Content::Usage { usage } => Self::new(
                "usage",
                [(
                    "usage",
                    json!({
                        "inputTokenCount": usage.input_tokens,
                        "outputTokenCount": usage.output_tokens,
                        "totalTokenCount": usage.total_tokens,
                    }),
                )],
            ),
            Content::Unknown { content } => store_unknown(content),
        }
    }
}

impl From<&StoredContent> for Content {
    fn from(stored: &StoredContent) -> Self {
        match stored.discriminator.as_deref() {
            Some("text") => Self::Text {
                text: stored.text_of("text"),
            },
            Some("reasoning") => Self::Reasoning {
                text: stored.text_of("text"),
            },
            Some("functionCall") => Self::ToolCall {
                call_id: stored.text_of("callId"),
                name: stored.text_of("name"),
                arguments: arguments_text(&stored.value_of("arguments")),
            },
            Some("functionResult") => Self::ToolResult {
                call_id: stored.text_of("callId"),
                result: stored.value_of("result"),
            },
            Some("data") => Self::Data {
                uri: stored.text_of("uri"),
                media_type: stored.text_of("mediaType"),
            },
            Some("uri") => Self::Uri {
                uri: stored.text_of("uri"),
                media_type: stored.text_of("mediaType"),
            },
            Some("error") => Self::Error {
                message: stored.text_of("message"),
                code: stored.optional_text("errorCode"),
                details: stored.optional_text("details"),
            },
            Some("usage") => Self::Usage {
                usage: usage_of(stored.value_of("usage")),
            },
            Some("hostedFile") => Self::Unknown {
                content: json!({"type": "hosted_file", "file_id": stored.value_of("fileId")}),
            },
            Some("hostedVectorStore") => Self::Unknown {
                content: json!({
                    "type": "hosted_vector_store",
                    "vector_store_id": stored.value_of("vectorStoreId"),
                }),
            },
            Some("unknown") => read_unknown(stored.value_of("content")),
            _ => Self::Unknown {
                content: stored.to_value(),
            },
        }
    }
}

fn store_unknown(content: &Value) -> StoredContent {
    let field = |name| content.get(name).cloned().unwrap_or(Value::Null);
    match content.get("type").and_then(Value::as_str) {
        Some("hosted_file") => StoredContent::new("hostedFile", [("fileId", field("file_id"))]),
        Some("hosted_vector_store") => StoredContent::new(
            "hostedVectorStore",
            [("vectorStoreId", field("vector_store_id"))],
        ),
        _ => {
            let mut stored = StoredContent::new("unknown", []);
            stored
                .fields
                .insert(String::from("content"), content.clone());
            stored
        }
    }
}

/// Other writers put contents of known types into `unknown`, with the field names of their own
/// runtime: those become what they are again.
fn read_unknown(content: Value) -> Content {
    let text = |name: &str| content.get(name).and_then(Value::as_str).map(str::to_owned);
    let known = match content.get("type").and_then(Value::as_str) {
        Some("text") => text("text").map(|text| Content::Text { text }),
        Some("text_reasoning") => text("text").map(|text| Content::Reasoning { text }),
        Some("function_call") => text("call_id").zip(text("name")).map(|(call_id, name)| {
            let arguments = content
                .get("arguments")
                .map_or_else(String::new, arguments_text);
            Content::ToolCall {
                call_id,
                name,
                arguments,
            }
        }),
        Some("function_result") => text("call_id").map(|call_id| Content::ToolResult {
            call_id,
            result: content.get("result").cloned().unwrap_or(Value::Null),
        }),
        Some("error") => text("message").map(|message| Content::Error {
            message,
            code: text("error_code"),
            details: text("error_details").or_else(|| text("details")),
        }),
        _ => None,
    };
    known.unwrap_or(Content::Unknown { content })
}

/// The arguments as the schema has them: an object. Text that is none becomes an empty one.
fn arguments_object(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => value,
        _ => Value::Object(Map::new()),
    }
}

/// The arguments as a model writes them: text.
fn arguments_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::from("{}"),
        other => other.to_string(),
    }
}

fn usage_of(value: Value) -> Usage {
    serde_json::from_value::<StoredUsage>(value)
        .map(|usage| Usage::from(&usage))
        .unwrap_or_default()
}
