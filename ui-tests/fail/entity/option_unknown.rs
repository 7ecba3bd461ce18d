use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity(nmae = "counter")]
impl Counter {
    fn add(&mut self, amount: i64) -> i64 {
        self.count += amount;
        self.count
    }
}

#[orchestrator]
async fn count(ctx: OrchestrationContext) -> Result<i64, OrchestrationError> {
    let counter = ctx.entity::<Counter>("a");
    counter.add(5).await
}

fn main() {}
