use agent_sdk::prelude::*;

#[entity]
struct Counter;

fn main() {}
