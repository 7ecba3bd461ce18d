use agent_sdk::prelude::*;

#[agent]
struct Führer;

fn main() {}
