use agent_sdk::prelude::*;

#[agent]
fn guide() {}

fn main() {}
