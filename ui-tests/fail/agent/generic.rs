use agent_sdk::prelude::*;

#[agent(model = "gpt-4.1")]
struct Guide<const CITY: u8>;

fn main() {}
