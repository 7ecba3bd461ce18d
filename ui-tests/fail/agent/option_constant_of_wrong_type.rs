use agent_sdk::prelude::*;

const ROUNDS: &str = "ten";

/// Tells the time.
#[tool]
fn time() -> u64 {
    0
}

#[agent(tools = [time], max_tool_rounds = ROUNDS)]
struct Guide;

fn main() {}
