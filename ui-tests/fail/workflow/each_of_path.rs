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
async fn split(text: String) -> Result<Vec<String>, ExecutorError> {
    Ok(vec![text])
}

#[executor]
async fn gather(texts: Vec<String>) -> Result<String, ExecutorError> {
    Ok(texts.concat())
}

#[workflow]
fn write(topic: String) -> String {
    split >> each(draft >> review) >> gather;
}

fn main() {}
