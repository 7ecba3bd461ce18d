use agent_sdk::prelude::*;

fn time() -> u64 {
    0
}

#[agent(tools = [time])]
struct Guide;

fn main() {}
