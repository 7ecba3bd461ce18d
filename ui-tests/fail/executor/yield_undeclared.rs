use agent_sdk::prelude::*;

#[executor(sends(String))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<(), ExecutorError> {
    ctx.yield_output(price);
    Ok(())
}

fn main() {}
