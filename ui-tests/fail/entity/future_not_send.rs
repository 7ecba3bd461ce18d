use agent_sdk::prelude::*;

use std::rc::Rc;

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: i64,
}

#[entity]
impl Counter {
    async fn add(&mut self, amount: i64) {
        let amount = Rc::new(amount);
        std::future::ready(()).await;
        self.count += *amount;
    }
}

fn main() {}
