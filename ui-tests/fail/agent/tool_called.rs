use agent_sdk::prelude::*;

/// Tells the time.
#[tool]
fn time() -> u64 {
    0
}

#[agent(tools = [time()])]
struct Guide;

fn main() {}
