use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor]
async fn order(number: u64) -> Result<Order, ExecutorError> {
    Ok(Order(number))
}

#[executor]
async fn price(order: &Order) -> Result<u64, ExecutorError> {
    Ok(order.0)
}

#[executor]
async fn send(price: u64) -> Result<String, ExecutorError> {
    Ok(price.to_string())
}

#[workflow]
fn shop(number: u64) -> String {
    order >> price >> send;
}

fn main() {}
