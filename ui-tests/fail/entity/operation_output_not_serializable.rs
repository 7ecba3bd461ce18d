use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

pub struct Total(pub i64);

#[entity]
impl Counter {
    fn total(&self) -> Total {
        Total(self.count)
    }
}

fn main() {}
