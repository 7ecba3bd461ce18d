use agent_sdk::prelude::*;

/// Adds.
#[tool]
pub struct Add;

fn main() {}
