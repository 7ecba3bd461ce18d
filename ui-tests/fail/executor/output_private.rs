use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor]
pub async fn order(number: u64) -> Result<Order, ExecutorError> {
    Ok(Order(number))
}

fn main() {}
