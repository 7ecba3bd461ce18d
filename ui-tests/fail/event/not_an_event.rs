use agent_sdk::prelude::*;

#[orchestrator]
async fn wait(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    ctx.wait_for_event::<u64>().await
}

fn main() {}
