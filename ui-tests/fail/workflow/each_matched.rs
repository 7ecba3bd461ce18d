use agent_sdk::prelude::*;

#[executor]
async fn review(text: String) -> Result<String, ExecutorError> {
    Ok(text)
}

#[executor]
async fn archive(text: String) -> Result<String, ExecutorError> {
    Ok(text)
}

#[executor]
async fn split(text: String) -> Result<Vec<String>, ExecutorError> {
    Ok(vec![text])
}

#[workflow]
fn write(topic: String) -> String {
    split >> each(review);
    match review {
        _ => archive,
    }
}

fn main() {}
