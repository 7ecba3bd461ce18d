use agent_sdk::prelude::*;

#[executor(yields(u64))]
async fn split(text: String, ctx: &WorkflowContext<split>) -> Result<u64, ExecutorError> {
    ctx.yield_output(text);
    Ok(1)
}

#[workflow]
fn count(text: String) -> Vec<u64> {
    split;
}

fn main() {}
