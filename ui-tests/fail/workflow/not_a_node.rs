use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Review(String);

#[executor]
async fn draft(input: String) -> Result<Review, ExecutorError> {
    Ok(Review(input))
}

#[executor]
async fn publish(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> Review >> publish;
}

fn main() {}
