use agent_sdk::prelude::*;

const LIMIT: u64 = 30;

/// Adds.
#[tool(timeout = LIMIT)]
fn add(left: i64, right: i64) -> i64 {
    left + right
}

fn main() {}
