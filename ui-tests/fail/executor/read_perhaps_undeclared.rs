use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[executor(writes(Budget))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<bool, ExecutorError> {
    let budget = ctx.try_get::<Budget>();
    ctx.set::<Budget>(Budget(price));
    Ok(budget.is_some())
}

fn main() {}
