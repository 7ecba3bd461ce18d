use agent_sdk::prelude::*;

#[orchestrator]
async fn count<T>(ctx: OrchestrationContext, start: T) -> Result<u64, OrchestrationError> {
    drop(start);
    Ok(ctx.random())
}

fn main() {}
