use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
impl Counter {
    fn add(self, amount: i64) -> i64 {
        self.count + amount
    }
}

fn main() {}
