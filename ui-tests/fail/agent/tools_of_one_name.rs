use agent_sdk::prelude::*;

/// Tells the time.
#[tool]
fn time() -> u64 {
    0
}

/// Tells the time somewhere else.
#[tool(name = "time")]
fn time_at(city: String) -> u64 {
    let _ = city;
    0
}

#[agent(tools = [time, time_at])]
struct Guide;

fn main() {}
