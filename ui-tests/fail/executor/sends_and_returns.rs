use agent_sdk::prelude::*;

#[executor(sends(String))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<u64, ExecutorError> {
    ctx.send(price.to_string());
    Ok(price)
}

fn main() {}
