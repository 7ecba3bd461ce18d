use agent_sdk::prelude::*;

#[derive(WorkflowState)]
#[slot(default)]
struct Trip {
    budget: u64,
}

fn main() {}
