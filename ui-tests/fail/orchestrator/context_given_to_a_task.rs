use agent_sdk::prelude::*;

fn run_elsewhere(_: impl Future<Output = ()> + Send + 'static) {}

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    let copy = ctx.clone();
    run_elsewhere(async move {
        copy.set_custom_status("elsewhere");
    });
    Ok(ctx.random())
}

fn main() {}
