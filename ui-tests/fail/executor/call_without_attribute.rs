use agent_sdk::prelude::*;

async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    ctx.call::<count>(5).await
}

fn main() {}
