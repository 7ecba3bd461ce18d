use agent_sdk::prelude::*;

#[executor]
async fn count(start: u64) -> u64 {
    start
}

fn main() {}
