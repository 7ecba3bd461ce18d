use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Budget(u64);

#[derive(WorkflowState)]
struct Trip {
    #[slot(default = Budget(5))]
    budget: Budget,
}

fn main() {}
