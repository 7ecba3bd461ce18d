use agent_sdk::prelude::*;

#[executor(read(Budget))]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

fn main() {}
