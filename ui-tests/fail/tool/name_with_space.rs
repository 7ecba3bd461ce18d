use agent_sdk::prelude::*;

/// Adds.
#[tool(name = "add numbers")]
fn add(left: i64, right: i64) -> i64 {
    left + right
}

fn main() {}
