use agent_sdk::prelude::*;

#[executor]
fn count<T>(start: T) -> Result<u64, ExecutorError> {
    drop(start);
    Ok(1)
}

fn main() {}
