use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor(yields(Order))]
pub async fn report(number: u64, ctx: &WorkflowContext<report>) -> Result<u64, ExecutorError> {
    ctx.yield_output(Order(number));
    Ok(number)
}

fn main() {}
