use agent_sdk::prelude::*;

#[derive(Event)]
struct Approval;

fn main() {}
