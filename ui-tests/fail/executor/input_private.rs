use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor]
pub async fn price(order: Order) -> Result<u64, ExecutorError> {
    Ok(order.0)
}

fn main() {}
