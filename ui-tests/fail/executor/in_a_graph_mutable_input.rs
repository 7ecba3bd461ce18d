use agent_sdk::prelude::*;

#[executor]
async fn draft(topic: String) -> Result<u64, ExecutorError> {
    Ok(topic.len() as u64)
}

#[executor]
async fn review(number: &mut u64) -> Result<Vec<u8>, ExecutorError> {
    Ok(number.to_be_bytes().to_vec())
}

#[executor]
async fn publish(text: Vec<u8>) -> Result<String, ExecutorError> {
    Ok(format!("{text:?}"))
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> review >> publish;
}

#[workflow]
fn check(number: u64) -> Option<String> {
    number >> review;
    match review {
        bytes if bytes.is_empty() => (),
        _ => publish,
    }
}

fn main() {}
