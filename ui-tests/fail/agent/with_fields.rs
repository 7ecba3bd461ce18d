use agent_sdk::prelude::*;

#[agent(model = "gpt-4.1")]
pub struct Guide {
    pub city: String,
}

fn main() {}
