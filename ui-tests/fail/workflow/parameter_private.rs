use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor]
async fn price(order: Order) -> Result<u64, ExecutorError> {
    Ok(order.0)
}

#[workflow]
pub fn shop(order: Order) -> u64 {
    price;
}

fn main() {}
