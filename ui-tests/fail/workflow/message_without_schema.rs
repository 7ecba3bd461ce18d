use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Draft(String);

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[executor]
async fn publish(input: Draft) -> Result<String, ExecutorError> {
    Ok(input.0)
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> publish;
}

fn main() {}
