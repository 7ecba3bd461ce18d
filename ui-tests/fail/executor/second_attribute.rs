use agent_sdk::prelude::*;

/// Counts.
#[executor]
#[tool]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

fn main() {}
