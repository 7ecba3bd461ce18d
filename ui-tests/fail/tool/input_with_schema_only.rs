use agent_sdk::prelude::*;

#[derive(schemars::JsonSchema)]
struct Day(u8);

/// Whether it rains.
#[tool]
async fn rains(days: Vec<Day>) -> bool {
    days.is_empty()
}

fn main() {}
