use agent_sdk::prelude::*;

#[derive(schemars::JsonSchema)]
struct Decision(bool);

#[request_port(response = Decision)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Approval(u64);

fn main() {}
