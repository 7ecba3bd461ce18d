use agent_sdk::prelude::*;

#[agent(name = "city.guide")]
struct Guide;

fn main() {}
