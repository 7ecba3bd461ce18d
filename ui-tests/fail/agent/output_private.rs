use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Report {
    city: String,
}

#[agent(output = Report)]
pub struct Guide;

fn main() {}
