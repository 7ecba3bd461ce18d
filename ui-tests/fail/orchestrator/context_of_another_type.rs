use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: u64) -> Result<u64, OrchestrationError> {
    Ok(ctx)
}

fn main() {}
