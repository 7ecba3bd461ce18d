use agent_sdk::prelude::*;

#[agent(tools = [clock::time])]
struct Guide;

fn main() {}
