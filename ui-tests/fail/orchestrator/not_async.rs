use agent_sdk::prelude::*;

#[orchestrator]
fn count(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(ctx.random())
}

fn main() {}
