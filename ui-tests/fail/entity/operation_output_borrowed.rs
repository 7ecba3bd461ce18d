use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Guest {
    name: String,
}

#[entity]
impl Guest {
    fn name(&self) -> &str {
        &self.name
    }
}

fn main() {}
