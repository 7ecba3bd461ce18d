use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[executor(reads(Budget))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<bool, ExecutorError> {
    ctx.set::<Budget>(Budget(price));
    Ok(true)
}

fn main() {}
