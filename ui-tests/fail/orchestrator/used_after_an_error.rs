use agent_sdk::prelude::*;

#[orchestrator(nmae = "count")]
async fn count(ctx: OrchestrationContext, start: u64) -> Result<u64, OrchestrationError> {
    Ok(ctx.random() + start)
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    let total = ctx.call_orchestrator::<count>(5).await?;
    Ok(total + 1)
}

fn main() {
    let _ = agent_sdk::App::builder().orchestrator::<count>().orchestrator::<parent>();
}
