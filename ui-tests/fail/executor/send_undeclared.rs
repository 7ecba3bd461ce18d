use agent_sdk::prelude::*;

#[executor]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<bool, ExecutorError> {
    ctx.send(price);
    Ok(true)
}

fn main() {}
