use agent_sdk::prelude::*;

struct Trip {
    budget: u64,
}

fn slots<S: WorkflowState>() -> usize {
    S::SLOTS.len()
}

fn main() {
    let trip = Trip { budget: 5 };
    assert_eq!(trip.budget, 5);
    assert_eq!(slots::<Trip>(), 1);
}
