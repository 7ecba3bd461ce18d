use agent_sdk::prelude::*;

struct Words(u64);

#[executor]
async fn words(topic: String) -> Result<Words, ExecutorError> {
    Ok(Words(topic.len() as u64))
}

#[executor]
async fn lines(topic: String) -> Result<u64, ExecutorError> {
    Ok(topic.lines().count() as u64)
}

#[executor]
async fn both((words, lines): (Words, u64)) -> Result<u64, ExecutorError> {
    Ok(words.0 + lines)
}

#[workflow]
fn plan(topic: String) -> u64 {
    topic >> (words, lines) >> both;
}

fn main() {}
