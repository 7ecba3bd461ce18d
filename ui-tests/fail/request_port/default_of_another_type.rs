use agent_sdk::prelude::*;

#[request_port(response = bool, timeout = "1d", default = "no")]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Approval(u64);

fn main() {}
