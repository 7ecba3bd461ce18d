use agent_sdk::prelude::*;

#[orchestrator]
async fn count() -> Result<u64, OrchestrationError> {
    Ok(1)
}

fn main() {}
