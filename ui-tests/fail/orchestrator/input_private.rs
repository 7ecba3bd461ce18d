use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Order(u64);

#[orchestrator]
pub async fn ship(_: OrchestrationContext, order: Order) -> Result<u64, OrchestrationError> {
    Ok(order.0)
}

fn main() {}
