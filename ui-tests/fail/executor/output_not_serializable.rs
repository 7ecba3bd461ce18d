use agent_sdk::prelude::*;

pub struct Start {
    pub number: u64,
}

#[executor]
async fn count(start: u64) -> Result<Start, ExecutorError> {
    Ok(Start { number: start })
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    let total = ctx.call::<count>(5).await?;
    Ok(total.number)
}

fn main() {}
