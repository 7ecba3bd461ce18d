use agent_sdk::prelude::*;

#[executor(nmae = "count")]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(ctx.call::<count>(5).await? + 1)
}

fn main() {
    let _ = agent_sdk::App::builder().executor::<count>().orchestrator::<parent>();
}
