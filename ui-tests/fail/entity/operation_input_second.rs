use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
impl Counter {
    fn add(&mut self, amount: i64, times: i64) {
        self.count += amount * times;
    }
}

fn main() {}
