use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Decision(bool);

#[request_port(response = Decision)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Approval(u64);

fn main() {}
