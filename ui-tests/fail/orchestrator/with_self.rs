use agent_sdk::prelude::*;

struct Counter;

impl Counter {
    #[orchestrator]
    async fn count(&self, ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
        Ok(ctx.random())
    }
}

fn main() {}
