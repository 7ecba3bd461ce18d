use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[derive(WorkflowState)]
struct Trip {
    #[slot(default)]
    budget: Budget,
}

fn main() {}
