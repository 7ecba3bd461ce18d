//! What a run gives back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{FinishReason, Usage};

/// The answer of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunAnswer {
    /// The texts of the answer's messages, joined by a space.
    pub text: String,
    /// How many entries the session has with this answer: a request and a response count one each.
    pub message_count: usize,
    /// Tokens spent by all model calls of the run.
    pub usage: Usage,
    /// Why the model stopped. `stop` for an answer that was read back from its session, which does
    /// not keep this.
    pub finish_reason: FinishReason,
    /// The tool calls, in the order in which the model asked for them.
    pub tool_results: Vec<ToolCallRecord>,
    /// The answer as a value, where the agent's answers have a type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured: Option<Value>,
    /// Whether the answer was given because the model may not ask for more tools.
    pub max_rounds_reached: bool,
}

/// One tool call and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCallRecord {
    /// The tool's name.
    pub tool: String,
    /// Its arguments; the text that the model wrote where that is not JSON.
    pub arguments: Value,
    /// `{"result": .., "status": "success"}` or `{"error": .., "status": "error"}`.
    pub result: Value,
}
