use agent_sdk::prelude::*;

#[executor]
async fn draft(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> publish;
}

fn main() {}
