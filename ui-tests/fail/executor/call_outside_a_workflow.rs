use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[executor(reads(Budget))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<bool, ExecutorError> {
    Ok(price <= ctx.get::<Budget>().0)
}

#[orchestrator]
async fn parent(ctx: OrchestrationContext) -> Result<bool, OrchestrationError> {
    ctx.call::<review>(5).await
}

fn main() {}
