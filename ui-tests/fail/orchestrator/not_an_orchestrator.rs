use agent_sdk::prelude::*;

#[executor]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    ctx.call_orchestrator::<count>(5).await
}

fn main() {}
