use agent_sdk::prelude::*;

#[executor(sends(String))]
async fn split(input: String, ctx: &WorkflowContext<split>) -> Result<(), ExecutorError> {
    ctx.send(input);
    Ok(())
}

#[executor]
async fn publish(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> String {
    split >> publish;
}

fn main() {}
