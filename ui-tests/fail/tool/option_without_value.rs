use agent_sdk::prelude::*;

/// Adds.
#[tool(strict, name)]
fn add(left: i64, right: i64) -> i64 {
    left + right
}

fn main() {}
