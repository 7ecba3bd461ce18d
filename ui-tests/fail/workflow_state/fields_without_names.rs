use agent_sdk::prelude::*;

#[derive(WorkflowState)]
struct Trip(String);

fn main() {}
