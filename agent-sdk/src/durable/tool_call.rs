//! The activity `agent-tool`: runs one tool.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::RunFailure;
use super::model_call::find_agent;
use crate::agent::tool_call::{ToolScope, run_tool};
use crate::agent::turn::PendingCall;
use crate::agent::{SessionId, recorded_session};
use crate::app::App;

/// One tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ToolInput {
    pub(super) agent: String,
    #[serde(with = "recorded_session")]
    pub(super) session: SessionId,
    pub(super) call_id: String,
    pub(super) tool: String,
    pub(super) arguments: Value,
    /// How long the run may take: no step of it is wanted longer.
    pub(super) timeout_ms: u64,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Counter, app};
    use super::*;
    use crate::agent::fixture;

    fn input(agent: &str, tool: &str) -> ToolInput {
        ToolInput {
            agent: agent.into(),
            session: SessionId::new("s").unwrap(),
            call_id: "c".into(),
            tool: tool.into(),
            arguments: json!({"x": 1}),
            timeout_ms: 1000,
        }
    }

    #[tokio::test]
    async fn a_tool_knows_its_call() {
        let app = app(Counter, |joker| {
            joker.tools = vec![fixture::tool("look")];
            joker.tools[0].run = |ctx, arguments| {
                let seen = json!([ctx.agent(), ctx.session_id(), ctx.idempotency_key()]);
                Box::pin(async move { Ok(json!([seen, arguments])) })
            };
        });
        let token = CancellationToken::new();
        let result = call_tool(&app, input("joker", "look"), "key", &token)
            .await
            .unwrap();
        assert_eq!(result["result"], json!([["Joker", "s", "key"], {"x": 1}]));
        let gone = call_tool(&app, input("joker", "see"), "key", &token)
            .await
            .unwrap();
        assert_eq!(
            gone,
            json!({"error": "Tool 'see' not found", "status": "error"})
        );
    }

    #[tokio::test]
    async fn an_agent_that_a_deployment_removed_fails_the_step() {
        let app = app(Counter, |_| {});
        let token = CancellationToken::new();
        let failure = call_tool(&app, input("poet", "look"), "key", &token)
            .await
            .unwrap_err();
        assert_eq!(failure.error_type, RunFailure::UNKNOWN_AGENT);
        assert!(!failure.retryable);
    }
}
