use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[executor]
async fn order(number: u64) -> Result<Order, ExecutorError> {
    Ok(Order(number))
}

#[workflow]
pub fn shop(number: u64) -> Option<Order> {
    match number {
        0 => (),
        _ => order,
    }
}

fn main() {}
