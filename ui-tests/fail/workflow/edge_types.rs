use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Draft(String);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Plan(String);

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[executor]
async fn publish(input: Plan) -> Result<String, ExecutorError> {
    Ok(input.0)
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> publish;
}

fn main() {}
