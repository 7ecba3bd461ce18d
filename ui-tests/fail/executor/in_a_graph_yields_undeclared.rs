use agent_sdk::prelude::*;

#[executor]
async fn first(topic: String, ctx: &WorkflowContext<first>) -> Result<String, ExecutorError> {
    ctx.yield_output(topic.clone());
    Ok(topic)
}

#[workflow]
fn plan(topic: String) -> Vec<String> {
    first;
}

fn main() {}
