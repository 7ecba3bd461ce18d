use agent_sdk::prelude::*;

#[orchestrator(name = "agent-run")]
async fn count(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(ctx.random())
}

fn main() {}
