use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext, start: impl Into<u64>) -> Result<u64, OrchestrationError> {
    Ok(ctx.random() + start.into())
}

fn main() {}
