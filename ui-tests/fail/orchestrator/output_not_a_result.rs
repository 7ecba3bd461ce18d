use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> u64 {
    ctx.random()
}

fn main() {}
