use agent_sdk::prelude::*;

#[agent(model = "gpt-4.1", max_tool_rounds = 3)]
struct Guide;

fn main() {}
