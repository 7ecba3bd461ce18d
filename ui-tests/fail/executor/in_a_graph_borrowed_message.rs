use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor]
async fn order(number: u64) -> Result<Order, ExecutorError> {
    Ok(Order(number))
}

#[executor]
async fn price(order: &Order, ctx: &WorkflowContext<price>) -> Result<u64, ExecutorError> {
    Ok(order.0 + u64::from(ctx.round()))
}

#[workflow]
fn shop(number: u64) -> u64 {
    order >> price;
}

fn main() {}
