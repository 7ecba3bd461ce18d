use agent_sdk::prelude::*;

pub struct Start {
    pub number: u64,
}

#[executor]
async fn count(start: Start) -> Result<u64, ExecutorError> {
    Ok(start.number)
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    let total = ctx.call::<count>(Start { number: 5 }).await?;
    Ok(total + 1)
}

fn main() {}
