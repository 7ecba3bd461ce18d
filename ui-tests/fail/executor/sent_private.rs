use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor(sends(Order))]
pub async fn split(number: u64, ctx: &WorkflowContext<split>) -> Result<(), ExecutorError> {
    ctx.send(Order(number));
    Ok(())
}

fn main() {}
