use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> Result<u64, std::fmt::Error> {
    Ok(ctx.random())
}

fn main() {}
