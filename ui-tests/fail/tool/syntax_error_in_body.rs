use agent_sdk::prelude::*;

/// Adds.
#[tool]
fn add(left: i64, right: i64) -> i64 {
    left + + ;
}

fn main() {}
