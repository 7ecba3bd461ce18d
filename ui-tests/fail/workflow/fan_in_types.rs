use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Draft(String);

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[executor]
async fn count(input: String) -> Result<u64, ExecutorError> {
    Ok(input.len() as u64)
}

#[executor]
async fn publish(input: (Draft, String)) -> Result<String, ExecutorError> {
    Ok(input.1)
}

#[workflow]
fn plan(topic: String) -> String {
    topic >> (draft, count) >> publish;
}

fn main() {}
