use agent_sdk::prelude::*;

#[agent]
struct Health;

fn main() {}
