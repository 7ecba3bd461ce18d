use agent_sdk::prelude::*;

use std::time::SystemTime;

#[orchestrator]
async fn age(ctx: OrchestrationContext, born: SystemTime) -> Result<u64, OrchestrationError> {
    ctx.log("counting");
    Ok(SystemTime::now().duration_since(born).map_or(0, |age| age.as_secs()))
}

fn main() {}
