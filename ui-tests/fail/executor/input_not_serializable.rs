use agent_sdk::prelude::*;

pub struct Start {
    pub number: u64,
}

#[executor]
async fn count(start: Start) -> Result<u64, ExecutorError> {
    Ok(start.number)
}

fn main() {}
