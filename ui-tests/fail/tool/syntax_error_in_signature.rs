use agent_sdk::prelude::*;

/// Adds.
#[tool]
fn add(left: i64, right: ) -> i64 {
    left
}

#[agent(tools = [add])]
struct Reckoner;

fn main() {}
