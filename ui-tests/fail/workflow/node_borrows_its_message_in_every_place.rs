use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor]
async fn order(number: u64) -> Result<Vec<Order>, ExecutorError> {
    Ok(vec![Order(number)])
}

#[executor]
async fn price(order: &Order) -> Result<u64, ExecutorError> {
    Ok(order.0)
}

#[executor]
async fn sum(prices: Vec<u64>) -> Result<u64, ExecutorError> {
    Ok(prices.into_iter().sum())
}

#[workflow]
fn shop(number: u64) -> u64 {
    order >> each(price) >> sum;
}

fn main() {}
