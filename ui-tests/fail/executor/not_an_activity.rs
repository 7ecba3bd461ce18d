use agent_sdk::prelude::*;

/// Counts.
#[tool]
fn count(start: u64) -> u64 {
    start
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    let total: u64 = ctx.call::<count>(5).await?;
    Ok(total)
}

fn main() {}
