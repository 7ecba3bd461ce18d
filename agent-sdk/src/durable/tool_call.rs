//! The activity `agent-tool`: runs one tool.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::RunFailure;
use super::model_call::find_agent;
use crate::agent::SessionId;
use crate::agent::tool_call::{ToolScope, run_tool};
use crate::agent::turn::PendingCall;
use crate::app::App;

/// One tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ToolInput {
    pub(super) agent: String,
    pub(super) session: SessionId,
    pub(super) call_id: String,
    pub(super) tool: String,
    pub(super) arguments: Value,
}

/// Runs the tool. What it does wrong is part of the result; only a missing agent is a failure.
pub(super) async fn call_tool(
    app: &App,
    input: ToolInput,
    idempotency_key: &str,
    cancelled: &CancellationToken,
) -> Result<Value, RunFailure> {
    let definition = find_agent(app, &input.agent)?;
    let scope = ToolScope {
        agent: Arc::from(&*definition.name),
        session_id: Arc::from(input.session.as_str()),
        resources: Arc::clone(app.resources()),
        cancelled: cancelled.clone(),
    };
    let call = PendingCall {
        call_id: input.call_id,
        name: input.tool,
        arguments: input.arguments,
    };
    Ok(run_tool(definition, call, &scope, idempotency_key).await)
}
