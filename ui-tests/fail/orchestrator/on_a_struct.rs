use agent_sdk::prelude::*;

#[orchestrator]
struct Count;

fn main() {}
