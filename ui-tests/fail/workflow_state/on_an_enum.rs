use agent_sdk::prelude::*;

#[derive(WorkflowState)]
enum Trip {
    Planned,
}

fn main() {}
