use agent_sdk::prelude::*;

#[executor]
async fn draft(topic: String) -> Result<String, ExecutorError> {
    Ok(topic)
}

#[executor]
async fn review(text: String) -> Result<String, ExecutorError> {
    Ok(text)
}

#[executor]
async fn publish(text: String) -> Result<String, ExecutorError> {
    Ok(text)
}

#[executor]
async fn archive(text: String) -> Result<String, ExecutorError> {
    Ok(text)
}

#[executor]
async fn weigh(parts: (String, String)) -> Result<String, ExecutorError> {
    Ok(parts.0)
}

#[workflow]
fn write(topic: String) -> String {
    draft >> (review, publish) >> weigh;
    match review {
        text if text.is_empty() => archive,
        _ => (),
    }
}

fn main() {}
