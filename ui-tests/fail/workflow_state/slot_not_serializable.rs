use agent_sdk::prelude::*;

struct Budget(u64);

#[derive(WorkflowState)]
struct Trip {
    budget: Budget,
}

fn main() {}
