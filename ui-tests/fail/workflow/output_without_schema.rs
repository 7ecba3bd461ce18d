use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Draft(String);

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[workflow]
fn plan(topic: String) -> Draft {
    draft;
}

fn main() {}
