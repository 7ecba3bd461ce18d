//! Runs one tool call and tells what came of it. Nothing that a tool does is an error here: the
//! model reads it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::AgentDefinition;
use super::turn::{PendingCall, error_result, success_result};
use crate::tool::{Resources, ToolContext, ToolDefinition};

/// What a call needs besides its arguments.
#[derive(Debug, Clone)]
pub(crate) struct ToolScope {
    pub(crate) agent: Arc<str>,
    pub(crate) session_id: Arc<str>,
    pub(crate) resources: Arc<Resources>,
    pub(crate) cancelled: CancellationToken,
}

/// Runs one call: decodes the arguments, obeys the tool's timeout, contains its panics.
pub(crate) async fn run_tool(
    definition: &AgentDefinition,
    call: PendingCall,
    scope: &ToolScope,
    idempotency_key: &str,
) -> Value {
    let tool = definition.tools.iter().find(|tool| tool.name == call.name);
    let Some(tool) = tool else {
        return error_result(format!("Tool '{}' not found", call.name));
    };
    let context = ToolContext {
        agent: Arc::clone(&scope.agent),
        session_id: Arc::clone(&scope.session_id),
        call_id: Arc::from(call.call_id),
        idempotency_key: Arc::from(idempotency_key),
        resources: Arc::clone(&scope.resources),
        cancelled: scope.cancelled.child_token(),
    };
    // If the call ends without an answer, what the tool spawned learns that nobody waits any more.
    let unanswered = context.cancelled.clone().drop_guard();
    let run = run_contained(tool, context, call.arguments);
    let result = match tool.timeout {
        None => Ok(run.await),
        Some(timeout) => tokio::time::timeout(timeout, run).await,
    };
    if let Ok(result) = result {
        unanswered.disarm();
        return result;
    }
    let timeout = tool.timeout.unwrap_or_default();
    let name = tool.name;
    error_result(format!("Tool '{name}' did not answer within {timeout:?}"))
}

async fn run_contained(tool: &ToolDefinition, context: ToolContext, arguments: Value) -> Value {
    let run = tool.run;
    // A tool's values are dropped with its future, so nothing half-done is seen after a panic. What
    // it shares (resources) guards itself, as between any two calls.
    let outcome = AssertUnwindSafe(async move { run(context, arguments).await })
        .catch_unwind()
        .await;
    match outcome {
        Ok(Ok(value)) => success_result(value),
        Ok(Err(error)) => error_result(error.to_string()),
        Err(_) => {
            // The panic's text went to the log by the panic hook; it is not for the model.
            tracing::error!(tool = tool.name, "a tool panicked");
            error_result(format!("Tool '{}' panicked", tool.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::agent::fixture;
    use crate::tool::ToolError;

    async fn run(tool: ToolDefinition, arguments: Value) -> Value {
        let mut agent = AgentDefinition::new("a");
        agent.tools = vec![tool];
        let call = PendingCall {
            call_id: "call-1".into(),
            name: "look".into(),
            arguments,
        };
        let scope = ToolScope {
            agent: "a".into(),
            session_id: "s".into(),
            resources: Arc::default(),
            cancelled: CancellationToken::new(),
        };
        run_tool(&agent, call, &scope, "key").await
    }

    #[tokio::test]
    async fn a_result_is_wrapped() {
        let mut tool = fixture::tool("look");
        tool.run = |ctx, arguments| {
            Box::pin(async move {
                let seen = [
                    ctx.agent(),
                    ctx.session_id(),
                    ctx.call_id(),
                    ctx.idempotency_key(),
                ];
                Ok(json!([seen, arguments]))
            })
        };
        let expected = json!([["a", "s", "call-1", "key"], {"x": 1}]);
        let result = run(tool, json!({"x": 1})).await;
        assert_eq!(result, json!({"result": expected, "status": "success"}));
    }

    #[tokio::test]
    async fn an_error_is_told() {
        let mut tool = fixture::tool("look");
        tool.run = |_, _| Box::pin(async { Err(ToolError::retryable("no line")) });
        assert_eq!(
            run(tool, json!({})).await,
            json!({"error": "no line", "status": "error"})
        );
    }

    #[tokio::test]
    async fn an_unknown_tool_is_told() {
        let result = run(fixture::tool("other"), json!({})).await;
        assert_eq!(
            result,
            json!({"error": "Tool 'look' not found", "status": "error"})
        );
    }

    #[tokio::test]
    async fn panics_are_contained_wherever_they_happen() {
        let expected = json!({"error": "Tool 'look' panicked", "status": "error"});
        let mut tool = fixture::tool("look");
        tool.run = |_, _| Box::pin(async { panic!("secret") });
        assert_eq!(run(tool.clone(), json!({})).await, expected);
        tool.run = |_, _| panic!("before the future");
        assert_eq!(run(tool, json!({})).await, expected);
    }

    #[tokio::test]
    async fn a_timeout_ends_the_call_and_cancels_its_token() {
        use std::sync::atomic::{AtomicBool, Ordering};
        static CANCELLED: AtomicBool = AtomicBool::new(false);
        let mut tool = fixture::tool("look");
        tool.timeout = Some(Duration::from_millis(1));
        tool.run = |ctx, _| {
            let token = ctx.cancelled().clone();
            let watcher = tokio::spawn(async move {
                token.cancelled().await;
                CANCELLED.store(true, Ordering::SeqCst);
            });
            // Kept alive by the test's runtime.
            drop(watcher);
            Box::pin(std::future::pending())
        };
        let result = run(tool, json!({})).await;
        let error = "Tool 'look' did not answer within 1ms";
        assert_eq!(result, json!({"error": error, "status": "error"}));
        tokio::task::yield_now().await;
        assert!(CANCELLED.load(Ordering::SeqCst));
    }
}
