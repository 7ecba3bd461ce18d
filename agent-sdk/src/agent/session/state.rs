//! What a session is asked: the conversation so far, one answer, one more turn.

use std::collections::HashSet;

use durable_task::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, EntryKind, ErrorInfo, SessionState};
use crate::agent::turn::joined_text;
use crate::agent::{RunAnswer, ToolCallRecord, output};
use crate::model::{ChatMessage, Content, FinishReason, Usage};

/// What a session knows of one request.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredAnswer {
    /// It was answered.
    Answered(RunAnswer),
    /// It failed.
    Failed(ErrorInfo),
}

/// One finished turn, ready to be added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The request.
    pub request: Entry,
    /// The answer, or the failure in its place.
    pub response: Entry,
}

/// What came of adding a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// How many entries the session has up to and with the turn's response.
    pub message_count: usize,
    /// Whether the session changed.
    pub is_new: bool,
}

impl SessionState {
    /// The conversation for the model: the messages of every entry, oldest first, without
    /// failures, what a provider refused for good (it would refuse it in every later turn, too),
    /// reasoning (a provider takes back only its own, and only within a turn) and usage. Messages
    /// left empty are left out.
    pub fn model_input(&self) -> Vec<ChatMessage> {
        let entries = || self.data.conversation_history.iter();
        let refused: HashSet<&str> = entries()
            .filter(|entry| entry.error_info().is_some_and(|error| error.is_refusal()))
            .filter_map(|entry| entry.correlation_id.as_deref())
            .collect();
        let answered = entries().filter(|entry| {
            let id = entry.correlation_id.as_deref();
            entry.error_info().is_none() && id.is_none_or(|id| !refused.contains(id))
        });
        let messages = answered.flat_map(|entry| &entry.messages).map(|message| {
            let mut message = message.to_message();
            let is_out = |content: &Content| {
                matches!(content, Content::Reasoning { .. } | Content::Usage { .. })
            };
            message.contents.retain(|content| !is_out(content));
            message
        });
        messages
            .filter(|message| !message.contents.is_empty())
            .collect()
    }

    /// What became of a request: the first response with its correlation id. `structured` asks for
    /// the answer as a value, too.
    pub fn answer(&self, correlation_id: &str, structured: bool) -> Option<StoredAnswer> {
        let index = self.response_index(correlation_id)?;
        let entry = self.data.conversation_history.get(index)?;
        if let Some(error) = entry.error_info() {
            return Some(StoredAnswer::Failed(error));
        }
        let messages: Vec<_> = entry
            .messages
            .iter()
            .map(super::StoredMessage::to_message)
            .collect();
        let last = messages
            .last()
            .filter(|_| structured)
            .map(ChatMessage::to_text);
        Some(StoredAnswer::Answered(RunAnswer {
            text: joined_text(&messages),
            message_count: index.saturating_add(1),
            usage: entry.usage.as_ref().map(Usage::from).unwrap_or_default(),
            finish_reason: FinishReason::Stop,
            tool_results: tool_records(&messages),
            structured: last.and_then(|text| output::parse_output(&text).ok()),
            max_rounds_reached: false,
        }))
    }

    /// Adds a turn, unless its answer is there already: then nothing changes, so that a repetition
    /// does no harm. A stored failure gives way to an answer.
    pub fn append(&mut self, turn: Turn) -> Appended {
        let correlation_id = turn.response.correlation_id.clone().unwrap_or_default();
        if let Some(index) = self.response_index(&correlation_id) {
            let stored = self.data.conversation_history.get(index);
            let is_failed = stored.is_some_and(|entry| entry.error_info().is_some());
            if !is_failed || turn.response.error_info().is_some() {
                return Appended {
                    message_count: index.saturating_add(1),
                    is_new: false,
                };
            }
            self.remove(&correlation_id);
        }
        self.raise_version();
        self.data.conversation_history.push(turn.request);
        self.data.conversation_history.push(turn.response);
        Appended {
            message_count: self.data.conversation_history.len(),
            is_new: true,
        }
    }

    /// Empties the conversation.
    pub fn reset(&mut self) {
        self.data.conversation_history.clear();
    }

    /// Whether the session may be deleted.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|time| time <= now)
    }

    fn response_index(&self, correlation_id: &str) -> Option<usize> {
        self.data.conversation_history.iter().position(|entry| {
            entry.kind() == EntryKind::Response
                && entry.correlation_id.as_deref() == Some(correlation_id)
        })
    }

    fn remove(&mut self, correlation_id: &str) {
        self.data.conversation_history.retain(|entry| {
            entry.kind() == EntryKind::Unknown
                || entry.correlation_id.as_deref() != Some(correlation_id)
        });
    }
}

/// The tool calls of a turn with their results, in call order.
fn tool_records(messages: &[ChatMessage]) -> Vec<ToolCallRecord> {
    let contents = || messages.iter().flat_map(|message| &message.contents);
    let mut records = Vec::new();
    // Ids whose results were taken: a provider may use an id again in a later round.
    let mut taken: Vec<&str> = Vec::new();
    for content in contents() {
        let Content::ToolCall {
            call_id,
            name,
            arguments,
        } = content
        else {
            continue;
        };
        let used = taken.iter().filter(|id| **id == call_id).count();
        let mut results = contents().filter_map(|content| match content {
            Content::ToolResult {
                call_id: id,
                result,
            } if id == call_id => Some(result),
            _ => None,
        });
        let Some(result) = results.nth(used) else {
            continue;
        };
        taken.push(call_id);
        records.push(ToolCallRecord {
            tool: name.clone(),
            arguments: serde_json::from_str(arguments)
                .unwrap_or_else(|_| serde_json::Value::from(arguments.as_str())),
            result: result.clone(),
        });
    }
    records
}
