use agent_sdk::prelude::*;

#[executor(sends(u64))]
async fn split(text: String, ctx: &WorkflowContext<split>) -> Result<(), ExecutorError> {
    ctx.send(text);
    Ok(())
}

#[workflow]
fn count(text: String) -> Vec<u64> {
    split;
}

fn main() {}
