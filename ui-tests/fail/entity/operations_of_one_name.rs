use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
impl Counter {
    fn add(&mut self, amount: i64) {
        self.count += amount;
    }

    #[operation(name = "Add")]
    fn add_again(&mut self, amount: i64) {
        self.count += amount;
    }
}

fn main() {}
