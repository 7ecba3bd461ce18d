//! Chaining: each step takes the result of the one before. A crash in between repeats no step that
//! has finished.

use std::time::Duration;

use agent_sdk::prelude::*;

#[orchestrator]
pub async fn publish(
    ctx: OrchestrationContext,
    topic: String,
) -> Result<String, OrchestrationError> {
    let text = ctx.call::<draft>(topic).await?;
    let text = ctx.call::<review>(text).await?;
    ctx.sleep(Duration::from_millis(10)).await;
    ctx.call::<print>(text).await
}

#[executor]
pub async fn draft(topic: String) -> Result<String, ExecutorError> {
    Ok(format!("About {topic}"))
}

/// A reviewer who is often away: up to five attempts.
#[executor(retry(attempts = 5, first = "100ms", backoff = 2))]
pub async fn review(text: String) -> Result<String, ExecutorError> {
    Ok(format!("{text}, reviewed"))
}

/// The key is the same when this step is repeated after a crash: a printer that knows it prints
/// once.
#[executor(timeout = "10s")]
pub async fn print(text: String, ctx: &ActivityContext) -> Result<String, ExecutorError> {
    let job = ctx.idempotency_key();
    Ok(format!("{text}, printed as {}", job.len()))
}
