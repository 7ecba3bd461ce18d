use agent_sdk::prelude::*;

#[agent]
#[tool]
struct Guide;

fn main() {}
