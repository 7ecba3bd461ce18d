use agent_sdk::prelude::*;

#[agent(model = 5)]
struct Guide;

fn main() {}
