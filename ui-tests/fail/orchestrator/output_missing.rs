use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext) {
    ctx.log("counted");
}

fn main() {}
