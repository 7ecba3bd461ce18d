//! Tool calls: which can run, and what the model is told.

use serde_json::{Map, Value, json};

use super::IDENTICAL_CALLS_MAX;
use crate::agent::ToolCallRecord;
use crate::model::{ChatMessage, Content, Role};

/// A tool call that can run: the tool is there, its arguments are a JSON object.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingCall {
    /// Links the call to its result.
    pub call_id: String,
    /// The tool.
    pub name: String,
    /// Its arguments: a JSON object, not checked against the tool's schema.
    pub arguments: Value,
}

/// What the model is told of a call that worked.
pub fn success_result(value: Value) -> Value {
    let mut told = Map::new();
    told.insert(String::from("result"), value);
    told.insert(String::from("status"), Value::from("success"));
    Value::Object(told)
}

/// What the model is told of a call that failed.
pub fn error_result(message: impl Into<String>) -> Value {
    json!({ "error": message.into(), "status": "error" })
}

/// How often each call was asked for, by name and canonical arguments. A list, since a run has few
/// calls and their order must not depend on a hash.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CallCounts(Vec<(String, Value, u32)>);

impl CallCounts {
    /// Counts one call and says how many there were with it. Objects compare without regard to the
    /// order of their keys.
    fn count(&mut self, name: &str, arguments: &Value) -> u32 {
        let known = self
            .0
            .iter_mut()
            .find(|(other, value, _)| other == name && value == arguments);
        if let Some((_, _, count)) = known {
            *count = count.saturating_add(1);
            return *count;
        }
        self.0.push((name.to_owned(), arguments.clone(), 1));
        1
    }
}

/// One round of calls, in the order in which the model asked for them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Round {
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, PartialEq)]
struct Slot {
    call_id: String,
    record: ToolCallRecord,
    waits: bool,
}

impl Round {
    /// Takes the calls of a message apart into those that can run and those that are refused.
    pub(super) fn of(message: &ChatMessage, tools: &[String], counts: &mut CallCounts) -> Self {
        let slots = message.contents.iter().filter_map(|content| match content {
            Content::ToolCall {
                call_id,
                name,
                arguments,
            } => Some(slot(call_id, name, arguments, tools, counts)),
            _ => None,
        });
        Self {
            slots: slots.collect(),
        }
    }

    /// Whether the model asked for no tool.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The calls that have to run.
    pub(super) fn pending(&self) -> Vec<PendingCall> {
        let waiting = self.slots.iter().filter(|slot| slot.waits);
        waiting
            .map(|slot| PendingCall {
                call_id: slot.call_id.clone(),
                name: slot.record.tool.clone(),
                arguments: slot.record.arguments.clone(),
            })
            .collect()
    }

    /// Puts the results of the pending calls in their places: one message and one record per call,
    /// in call order. A result that is missing is an error result; one too many is ignored.
    pub(super) fn finish(self, results: Vec<Value>) -> Vec<(ChatMessage, ToolCallRecord)> {
        let mut results = results.into_iter();
        let finish = |slot: Slot| {
            let mut record = slot.record;
            if slot.waits {
                record.result = results
                    .next()
                    .unwrap_or_else(|| error_result("the tool gave no result"));
            }
            let message = ChatMessage {
                role: Role::Tool,
                contents: vec![Content::ToolResult {
                    call_id: slot.call_id,
                    result: record.result.clone(),
                }],
                author: None,
            };
            (message, record)
        };
        self.slots.into_iter().map(finish).collect()
    }
}

fn slot(
    call_id: &str,
    name: &str,
    arguments: &str,
    tools: &[String],
    counts: &mut CallCounts,
) -> Slot {
    let parsed = parse_arguments(arguments);
    let refusal = match &parsed {
        _ if !tools.iter().any(|tool| tool == name) => Some(format!("Tool '{name}' not found")),
        Err(problem) => Some(problem.clone()),
        Ok(value) => (counts.count(name, value) > IDENTICAL_CALLS_MAX).then(|| {
            format!(
                "Tool '{name}' was called with the same arguments {IDENTICAL_CALLS_MAX} times \
                 already: use the results or call it differently"
            )
        }),
    };
    let waits = refusal.is_none();
    let record = ToolCallRecord {
        tool: name.to_owned(),
        arguments: parsed.unwrap_or_else(|_| Value::from(arguments)),
        result: refusal.map_or(Value::Null, error_result),
    };
    Slot {
        call_id: call_id.to_owned(),
        record,
        waits,
    }
}

/// The arguments as an object. Models leave the text empty for a tool without arguments.
fn parse_arguments(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(String::from(
            "Invalid arguments: they are not a JSON object",
        )),
        Err(error) => Err(format!("Invalid arguments: they are not JSON: {error}")),
    }
}
