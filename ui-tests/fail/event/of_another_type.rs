use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
struct Approval(u64);

#[derive(Event, Serialize, Deserialize)]
struct Refusal(u64);

#[orchestrator]
async fn wait(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    let approval: Approval = ctx.wait_for_event::<Refusal>().await?;
    Ok(approval.0)
}

fn main() {}
