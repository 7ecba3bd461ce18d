//! What a tool knows of the call that it answers.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Resources;

/// The context of one tool call. A tool asks for it with an argument `ctx: &ToolContext`.
#[derive(Debug, Clone)]
pub struct ToolContext {
    pub(crate) agent: Arc<str>,
    pub(crate) session_id: Arc<str>,
    pub(crate) call_id: Arc<str>,
    pub(crate) idempotency_key: Arc<str>,
    pub(crate) resources: Arc<Resources>,
    pub(crate) cancelled: CancellationToken,
}

impl ToolContext {
    /// The agent that runs the tool.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The conversation in which the tool is called.
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// The id that the model gave this call.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The same for every attempt at this call, also after a crash, and for no other call: what the
    /// other side of a side effect needs to recognise a repetition.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// Cancelled when the answer is no longer wanted.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancelled
    }
}
