use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}


impl Counter {
    fn add(&mut self, amount: i64) -> i64 {
        self.count += amount;
        self.count
    }
}

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> Result<i64, OrchestrationError> {
    let counter = ctx.entity::<Counter>("a");
    drop(counter);
    Ok(1)
}

fn main() {}
