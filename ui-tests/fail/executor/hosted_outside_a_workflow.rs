use agent_sdk::prelude::*;

type Context = WorkflowContext<review>;

#[executor]
async fn review(price: u64, ctx: &Context) -> Result<bool, ExecutorError> {
    Ok(price > 5 && ctx.round() == 0)
}

fn main() {
    let _ = agent_sdk::App::builder().executor::<review>();
}
