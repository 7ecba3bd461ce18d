//! Messages and what they are made of, neutral between providers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// Instructions of the application, above the user's (newer `OpenAI` models).
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

/// One message of a conversation.
///
/// ```
/// use agent_sdk::model::{ChatMessage, Content, Role};
///
/// let greeting = ChatMessage::text(Role::User, "Hello");
/// assert_eq!(greeting.to_text(), "Hello");
///
/// let drawing = Content::Uri {
///     uri: "https://example.com/cat.png".to_owned(),
///     media_type: "image/png".to_owned(),
/// };
/// let question = Content::Text { text: "What is this?".to_owned() };
/// let message = ChatMessage { role: Role::User, contents: vec![drawing, question], author: None };
/// assert_eq!(message.to_text(), "What is this?");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who says it.
    pub role: Role,
    /// What is said, in order.
    pub contents: Vec<Content>,
    /// The name of the agent or participant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

impl ChatMessage {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            contents: vec![Content::Text { text: text.into() }],
            author: None,
        }
    }

    /// Its texts, joined by a space.
    pub fn to_text(&self) -> String {
        let texts: Vec<&str> = self
            .contents
            .iter()
            .filter_map(|content| match content {
                Content::Text { text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        texts.join(" ")
    }
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// What the model thought before it answered.
    Reasoning {
        /// The text.
        text: String,
    },
    /// The model asks for a tool.
    ToolCall {
        /// Links the call to its result.
        call_id: String,
        /// The tool's name.
        name: String,
        /// The arguments as JSON text, as the model wrote them.
        arguments: String,
    },
    /// What a tool answered.
    ToolResult {
        /// The call that this answers.
        call_id: String,
        /// `{"result": .., "status": "success"}` or `{"error": .., "status": "error"}`.
        result: Value,
    },
    /// Inline data as a `data:` URI.
    Data {
        /// The URI.
        uri: String,
        /// For example `image/png`.
        media_type: String,
    },
    /// A reference to data.
    Uri {
        /// The URI.
        uri: String,
        /// For example `image/png`.
        media_type: String,
    },
    /// A failure that is part of the conversation.
    Error {
        /// What happened.
        message: String,
        /// A stable name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// More of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        details: Option<String>,
    },
    /// Tokens spent.
    Usage {
        /// How many.
        usage: Usage,
    },
    /// Anything that we have no type for; kept as it came.
    Unknown {
        /// The original.
        content: Value,
    },
}

/// Tokens spent; providers leave out what they do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request.
    #[serde(default)]
    pub input_tokens: u64,
    /// Tokens of the answer.
    #[serde(default)]
    pub output_tokens: u64,
    /// Both.
    #[serde(default)]
    pub total_tokens: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
    }
}
