use agent_sdk::prelude::*;

#[orchestrator]
async fn count(start: u64, ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(start + ctx.random())
}

fn main() {}
