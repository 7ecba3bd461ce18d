use agent_sdk::prelude::*;

#[executor(retries(attempts = 3))]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

fn main() {}
