use agent_sdk::prelude::*;

use agent_sdk::workflow::InState;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[derive(WorkflowState)]
struct Trip {
    destination: String,
}

#[executor(reads(Budget))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<bool, ExecutorError> {
    Ok(price <= ctx.get::<Budget>().0)
}

fn main() {
    assert_eq!(<review as InState<Trip>>::READS, 1);
}
