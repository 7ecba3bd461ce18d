use agent_sdk::prelude::*;

#[request_port]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Approval(u64);

fn main() {}
