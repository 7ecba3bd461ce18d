use agent_sdk::prelude::*;

#[executor]
async fn draft(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[executor]
async fn summarize(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> String {
    topic >> (draft, summarize);
}

fn main() {}
