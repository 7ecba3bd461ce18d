use agent_sdk::prelude::*;

struct Counter;

impl Counter {
    #[tool]
    fn count<T>(self, step: i64) -> i64 {
        step
    }
}

fn main() {}
