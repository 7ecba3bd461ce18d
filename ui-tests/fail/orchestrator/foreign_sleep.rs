use agent_sdk::prelude::*;

mod tokio {
    pub mod time {
        pub async fn sleep(_: std::time::Duration) {}
    }
}

#[orchestrator]
async fn wait(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    Ok(ctx.random())
}

fn main() {}
