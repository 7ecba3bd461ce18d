use agent_sdk::prelude::*;

#[executor(retry(atempts = 3))]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

fn main() {}
