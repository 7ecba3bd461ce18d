use agent_sdk::prelude::*;

async fn join_all<T>(_: Vec<T>) {}

#[orchestrator]
async fn all(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    join_all(vec![ctx.sleep(std::time::Duration::from_secs(1))]).await;
    Ok(ctx.random())
}

fn main() {}
