use agent_sdk::prelude::*;

#[executor]
async fn count(start: u64, step: u64) -> Result<u64, ExecutorError> {
    Ok(start + step)
}

fn main() {}
