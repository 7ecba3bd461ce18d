use agent_sdk::prelude::*;

#[agent(instructions = "Guide.", timeout = "0s", instructions = "Lead.", promt = "x", output = [])]
struct Guide;

fn main() {}
