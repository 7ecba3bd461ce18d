use agent_sdk::prelude::*;

#[derive(WorkflowState)]
struct Trip {
    #[slot(reducer = u64::max)]
    budget: u64,
}

fn main() {}
