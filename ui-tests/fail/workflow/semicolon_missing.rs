use agent_sdk::prelude::*;

#[executor]
async fn draft(topic: String) -> Result<String, ExecutorError> {
    Ok(topic)
}

#[executor]
async fn review(text: String) -> Result<String, ExecutorError> {
    Ok(text)
}

#[workflow]
fn write(topic: String) -> String {
    draft >> review
}

fn main() {}
