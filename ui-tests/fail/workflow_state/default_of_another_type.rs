use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[derive(WorkflowState)]
struct Trip {
    #[slot(default = 5)]
    budget: Budget,
}

fn main() {}
