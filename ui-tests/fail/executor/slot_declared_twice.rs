use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[executor(reads(Budget), may_read(Budget))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<bool, ExecutorError> {
    Ok(price <= ctx.get::<Budget>().0)
}

fn main() {}
