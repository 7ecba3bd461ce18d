use agent_sdk::prelude::*;

#[derive(Debug)]
struct Map;

/// Tells the time.
#[tool]
fn time() -> u64 {
    0
}

#[agent(tools = [time, Map])]
struct Guide;

fn main() {}
