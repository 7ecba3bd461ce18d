use agent_sdk::prelude::*;

#[derive(WorkflowState)]
struct Trip<T> {
    budget: T,
}

fn main() {}
