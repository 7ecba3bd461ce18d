use agent_sdk::prelude::*;

#[request_port(response = bool)]
#[agent]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Approval;

fn main() {}
