use agent_sdk::prelude::*;

#[orchestrator]
#[executor]
async fn count(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(ctx.random())
}

fn main() {}
