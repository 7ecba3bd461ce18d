use agent_sdk::prelude::*;

struct Report(u64);

#[executor(sends(Report))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<(), ExecutorError> {
    ctx.send(Report(price));
    Ok(())
}

#[executor]
async fn file(report: Report) -> Result<u64, ExecutorError> {
    Ok(report.0)
}

#[workflow]
fn purchase(price: u64) -> Vec<u64> {
    review >> file;
}

fn main() {}
