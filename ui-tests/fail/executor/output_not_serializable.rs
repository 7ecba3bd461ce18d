use agent_sdk::prelude::*;

pub struct Total {
    pub number: u64,
}

#[executor]
async fn count(start: u64) -> Result<Total, ExecutorError> {
    Ok(Total { number: start })
}

fn main() {}
