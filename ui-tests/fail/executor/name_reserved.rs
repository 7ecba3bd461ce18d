use agent_sdk::prelude::*;

#[executor(name = "agent-tool")]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

fn main() {}
