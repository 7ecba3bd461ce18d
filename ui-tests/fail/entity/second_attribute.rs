use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
#[tool]
impl Counter {
    fn add(&mut self, amount: i64) -> i64 {
        self.count += amount;
        self.count
    }
}

fn main() {}
