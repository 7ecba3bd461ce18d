use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

fn add(first: Budget, second: u64) -> Budget {
    Budget(first.0 + second)
}

#[derive(WorkflowState)]
struct Trip {
    #[slot(reduce = add)]
    budget: Budget,
}

fn main() {}
