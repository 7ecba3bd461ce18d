use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
impl Counter {
    fn add<T: Into<i64>>(&mut self, amount: T) {
        self.count += amount.into();
    }
}

fn main() {}
