use agent_sdk::prelude::*;

#[agent(mdoel = "gpt-4.1", tools = [])]
struct Guide;

fn main() {}
