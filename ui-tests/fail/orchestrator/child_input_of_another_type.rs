use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext, start: u64) -> Result<u64, OrchestrationError> {
    Ok(ctx.random() + start)
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    ctx.call_orchestrator::<count>(String::from("five")).await
}

fn main() {}
