use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
impl From<i64> for Counter {
    fn from(count: i64) -> Self {
        Self { count }
    }
}

fn main() {}
