use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext, start: u64, step: u64) -> Result<u64, OrchestrationError> {
    Ok(ctx.random() + start + step)
}

fn main() {}
