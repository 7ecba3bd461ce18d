use agent_sdk::prelude::*;

struct Report(u64);

#[executor(sends(Report))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<(), ExecutorError> {
    ctx.send(Report(price));
    Ok(())
}

fn main() {}
