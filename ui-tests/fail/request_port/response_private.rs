use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Answer(bool);

/// May it be shipped?
#[request_port(response = Answer)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Question {
    order: u64,
}

fn main() {}
