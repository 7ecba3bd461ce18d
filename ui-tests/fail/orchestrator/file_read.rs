use agent_sdk::prelude::*;

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    let text = std::fs::read_to_string("start").unwrap_or_default();
    Ok(ctx.random() + text.len() as u64)
}

fn main() {}
