use agent_sdk::prelude::*;

/// Adds.
#[tool(name = "add", strict, name = "plus")]
fn add(left: i64, right: i64) -> i64 {
    left + right
}

fn main() {}
