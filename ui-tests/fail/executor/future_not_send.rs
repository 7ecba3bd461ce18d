use agent_sdk::prelude::*;

use std::rc::Rc;

#[executor]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    let start = Rc::new(start);
    std::future::ready(()).await;
    Ok(*start)
}

fn main() {}
