use agent_sdk::prelude::*;

#[request_port(response = bool, timeout = "0s", default = false)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Approval(u64);

fn main() {}
