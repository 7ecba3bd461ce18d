//! What the closures of a script see.

use serde_json::Value;

use crate::model::{ChatMessage, Content, ModelRequest, ResponseFormat, Role};

/// One turn of a conversation: what the user said last, and what tools have answered since.
#[derive(Debug, Clone)]
pub struct ScriptedTurn<'a> {
    request: &'a ModelRequest,
    user_text: String,
    /// The conversation as far as it is shown.
    messages: &'a [ChatMessage],
    /// The part of it after the user's last message.
    since: &'a [ChatMessage],
}

impl<'a> ScriptedTurn<'a> {
    /// The whole conversation.
    pub(super) fn of(request: &'a ModelRequest) -> Self {
        let messages = request.messages.as_slice();
        let user = messages
            .iter()
            .rposition(|message| message.role == Role::User);
        let (user_text, since) = match user {
            Some(position) => (
                messages.get(position).map(ChatMessage::to_text),
                messages.get(position + 1..),
            ),
            None => (None, None),
        };
        Self {
            request,
            user_text: user_text.unwrap_or_default(),
            messages,
            since: since.unwrap_or_default(),
        }
    }

    /// The conversation up to the user's message: the same in every round of a turn.
    pub(super) fn asked(request: &'a ModelRequest) -> Self {
        let mut turn = Self::of(request);
        let shown = turn.messages.len() - turn.since.len();
        turn.messages = turn.messages.get(..shown).unwrap_or_default();
        turn.since = &[];
        turn
    }

    /// The text of the user's last message.
    pub fn user_text(&self) -> &str {
        &self.user_text
    }

    /// Whether the user's last message has this text in it, in capitals or not.
    pub fn mentions(&self, text: &str) -> bool {
        let said = self.user_text.to_lowercase();
        said.contains(&text.to_lowercase())
    }

    /// What follows a word in the user's last message, without the punctuation at its end.
    ///
    /// In "What is the weather in New York?" the text after `in` is `New York`.
    pub fn text_after(&self, word: &str) -> Option<&str> {
        let word = word.to_lowercase();
        let mut rest = self.user_text.as_str();
        while let Some((first, after)) = split_word(rest) {
            if trimmed(first).to_lowercase() == word {
                return Some(trimmed(after)).filter(|text| !text.is_empty());
            }
            rest = after;
        }
        None
    }

    /// What the agent was told to be.
    pub fn instructions(&self) -> String {
        let instructions = self
            .messages
            .iter()
            .take_while(|message| matches!(message.role, Role::System | Role::Developer));
        let texts: Vec<String> = instructions.map(ChatMessage::to_text).collect();
        texts.join(" ")
    }

    /// The conversation, instructions first.
    pub fn messages(&self) -> &[ChatMessage] {
        self.messages
    }

    /// The whole request.
    pub fn request(&self) -> &ModelRequest {
        self.request
    }

    /// Whether the answer must be JSON.
    pub fn wants_json(&self) -> bool {
        matches!(
            self.request.response_format,
            ResponseFormat::JsonSchema { .. }
        )
    }

    /// What a tool returned in this turn, in its last call; `null` if it was not called or failed.
    pub fn tool_result(&self, tool: &str) -> &Value {
        match self.outcomes(tool).last() {
            Some(Outcome::Success(value)) => value,
            _ => &Value::Null,
        }
    }

    /// What all calls of a tool in this turn returned, in call order, without those that failed.
    pub fn tool_results(&self, tool: &str) -> Vec<&Value> {
        let outcomes = self.outcomes(tool).filter_map(|outcome| match outcome {
            Outcome::Success(value) => Some(value),
            Outcome::Error(_) => None,
        });
        outcomes.collect()
    }

    /// Why the last call of a tool in this turn failed, if it did.
    pub fn tool_error(&self, tool: &str) -> Option<&str> {
        match self.outcomes(tool).last() {
            Some(Outcome::Error(message)) => Some(message),
            _ => None,
        }
    }

    /// What the last call of a tool in this turn brought, as text: its result (a string without
    /// quotes, anything else as JSON), or why it failed. Empty if it was not called.
    pub fn tool_text(&self, tool: &str) -> String {
        match self.outcomes(tool).last() {
            Some(Outcome::Success(Value::String(text))) => text.clone(),
            Some(Outcome::Success(value)) => value.to_string(),
            Some(Outcome::Error(message)) => message.to_owned(),
            None => String::new(),
        }
    }

    /// How many times tools were asked for in this turn.
    pub(super) fn rounds_done(&self) -> usize {
        let asks = |message: &&ChatMessage| {
            let is_call = |content: &Content| matches!(content, Content::ToolCall { .. });
            message.contents.iter().any(is_call)
        };
        self.since.iter().filter(asks).count()
    }

    fn outcomes(&self, tool: &str) -> impl Iterator<Item = Outcome<'_>> {
        self.contents().filter_map(move |content| match content {
            Content::ToolResult { call_id, result } if self.is_call_of(call_id, tool) => {
                Some(Outcome::of(result))
            }
            _ => None,
        })
    }

    fn is_call_of(&self, id: &str, tool: &str) -> bool {
        self.contents().any(|content| {
            matches!(content, Content::ToolCall { call_id, name, .. }
                if call_id == id && name == tool)
        })
    }

    fn contents(&self) -> impl Iterator<Item = &Content> {
        self.since.iter().flat_map(|message| &message.contents)
    }
}

/// How a tool call ended.
enum Outcome<'a> {
    Success(&'a Value),
    Error(&'a str),
}

impl<'a> Outcome<'a> {
    /// Takes off the wrapping that tells results from errors; what is not wrapped is a result.
    fn of(result: &'a Value) -> Self {
        match result.get("status").and_then(Value::as_str) {
            Some("success") => Self::Success(result.get("result").unwrap_or(&Value::Null)),
            Some("error") => {
                let message = result.get("error").and_then(Value::as_str);
                Self::Error(message.unwrap_or_default())
            }
            _ => Self::Success(result),
        }
    }
}

fn split_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (!text.is_empty()).then(|| text.split_at(end))
}

fn trimmed(text: &str) -> &str {
    let is_edge =
        |c: char| c.is_whitespace() || (c.is_ascii_punctuation() && !"()[]{}".contains(c));
    text.trim_matches(is_edge)
}
