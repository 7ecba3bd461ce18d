use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
impl Counter {
    fn parse(&mut self, text: String) -> Result<i64, std::num::ParseIntError> {
        self.count = text.parse()?;
        Ok(self.count)
    }
}

fn main() {}
