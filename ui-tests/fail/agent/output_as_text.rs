use agent_sdk::prelude::*;

#[agent(output = "Report")]
struct Guide;

fn main() {}
