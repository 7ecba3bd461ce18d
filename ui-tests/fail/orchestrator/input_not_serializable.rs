use agent_sdk::prelude::*;

pub struct Start {
    pub number: u64,
}

#[orchestrator]
async fn count(ctx: OrchestrationContext, start: Start) -> Result<u64, OrchestrationError> {
    Ok(ctx.random() + start.number)
}

fn main() {}
