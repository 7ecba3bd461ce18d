use agent_sdk::prelude::*;

pub struct Total {
    pub number: u64,
}

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> Result<Total, OrchestrationError> {
    Ok(Total { number: ctx.random() })
}

fn main() {}
