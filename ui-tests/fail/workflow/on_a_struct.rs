use agent_sdk::prelude::*;

#[workflow]
struct Plan;

fn main() {}
