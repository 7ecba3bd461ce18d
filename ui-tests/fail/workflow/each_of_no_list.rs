use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Draft(String);

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[executor]
async fn check(input: Draft) -> Result<u64, ExecutorError> {
    Ok(input.0.len() as u64)
}

#[workflow]
fn plan(topic: String) -> Vec<u64> {
    draft >> each(check);
}

fn main() {}
