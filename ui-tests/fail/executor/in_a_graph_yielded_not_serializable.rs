use agent_sdk::prelude::*;

struct Report(u64);

#[executor(yields(Report))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<u64, ExecutorError> {
    ctx.yield_output(Report(price));
    Ok(price)
}

impl From<Report> for u64 {
    fn from(report: Report) -> Self {
        report.0
    }
}

#[workflow]
fn plan(price: u64) -> Vec<u64> {
    review;
}

fn main() {}
