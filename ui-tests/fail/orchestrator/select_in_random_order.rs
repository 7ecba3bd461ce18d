use agent_sdk::prelude::*;

macro_rules! select {
    ($($tokens:tt)*) => {};
}

#[orchestrator]
async fn first(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    select! {
        _ = ctx.sleep(std::time::Duration::from_secs(1)) => {}
    }
    Ok(ctx.random())
}

fn main() {}
