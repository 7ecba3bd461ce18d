use agent_sdk::prelude::*;

#[derive(WorkflowState)]
struct Trip {
    from: String,
    to: String,
}

fn main() {}
