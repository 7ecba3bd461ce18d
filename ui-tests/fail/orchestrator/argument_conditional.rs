use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext, #[cfg(test)] start: u64) -> Result<u64, OrchestrationError> {
    Ok(ctx.random())
}

fn main() {}
