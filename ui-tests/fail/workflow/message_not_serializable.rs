use agent_sdk::prelude::*;

#[derive(schemars::JsonSchema)]
struct Draft(String);

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[executor]
async fn publish(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[executor]
async fn other(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> ();
}

fn main() {}
