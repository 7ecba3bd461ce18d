use agent_sdk::prelude::*;

#[executor]
async fn count(start: u64) {
    drop(start);
}

fn main() {}
