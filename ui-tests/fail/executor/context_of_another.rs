use agent_sdk::prelude::*;

#[executor(yields(u64))]
async fn first(price: u64, ctx: &WorkflowContext<first>) -> Result<u64, ExecutorError> {
    ctx.yield_output(price);
    Ok(price)
}

#[executor(yields(u64))]
async fn second(price: u64, ctx: &WorkflowContext<first>) -> Result<u64, ExecutorError> {
    ctx.yield_output(price);
    Ok(price)
}

fn main() {}
