use agent_sdk::prelude::*;

struct Draft(String);

#[executor]
async fn draft(topic: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(topic))
}

#[executor]
async fn review(draft: Draft, ctx: &WorkflowContext<review>) -> Result<Draft, ExecutorError> {
    let _ = ctx;
    Ok(draft)
}

#[executor]
async fn publish(draft: Draft) -> Result<String, ExecutorError> {
    Ok(draft.0)
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> review >> publish;
}

fn main() {}
