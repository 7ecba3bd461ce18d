use agent_sdk::prelude::*;

#[orchestrator(version = "1", version = "2")]
async fn count(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(ctx.random())
}

fn main() {}
