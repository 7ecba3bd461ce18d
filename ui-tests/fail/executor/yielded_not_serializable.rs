use agent_sdk::prelude::*;

struct Report(u64);

#[executor(yields(Report))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<u64, ExecutorError> {
    ctx.yield_output(Report(price));
    Ok(price)
}

fn main() {}
