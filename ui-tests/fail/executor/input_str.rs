use agent_sdk::prelude::*;

#[executor]
async fn count(text: &str) -> Result<u64, ExecutorError> {
    Ok(text.len() as u64)
}

fn main() {}
