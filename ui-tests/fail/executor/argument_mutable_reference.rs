use agent_sdk::prelude::*;

#[executor]
async fn count(start: u64, total: &mut u64) -> Result<u64, ExecutorError> {
    *total += start;
    Ok(*total)
}

fn main() {}
