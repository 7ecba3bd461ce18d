use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(ctx.random())
}

fn main() {
    let _ = agent_sdk::App::builder().executor::<count>();
}
