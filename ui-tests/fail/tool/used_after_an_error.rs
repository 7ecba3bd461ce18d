use agent_sdk::prelude::*;

#[tool]
pub fn add(left: i64, right: i64) -> i64 {
    left + right
}

/// Reckons.
#[agent(tools = [add])]
struct Reckoner;

fn main() {
    let _ = (add(1, 2), <add as Tool>::NAME, Reckoner::definition());
}
