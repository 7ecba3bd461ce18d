use agent_sdk::prelude::*;

struct Counter;

impl Counter {
    #[executor]
    async fn count(&self, start: u64) -> Result<u64, ExecutorError> {
        Ok(start)
    }
}

fn main() {}
