use agent_sdk::prelude::*;

struct Counter;

impl Counter {
    /// Counts.
    #[tool]
    fn count(&self, step: i64) -> i64 {
        step
    }
}

fn main() {}
