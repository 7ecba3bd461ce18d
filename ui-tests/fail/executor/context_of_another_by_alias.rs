use agent_sdk::prelude::*;

#[executor(yields(u64))]
async fn first(price: u64, ctx: &WorkflowContext<first>) -> Result<u64, ExecutorError> {
    ctx.yield_output(price);
    Ok(price)
}

type Context = WorkflowContext<first>;

#[executor]
async fn second(price: u64, ctx: &Context) -> Result<u64, ExecutorError> {
    Ok(price + u64::from(ctx.round()))
}

fn main() {}
