use agent_sdk::prelude::*;

#[derive(Default)]
pub struct Counter {
    count: i64,
}

#[entity]
impl Counter {
    fn add(&mut self, amount: i64) -> i64 {
        self.count += amount;
        self.count
    }
}

fn main() {}
