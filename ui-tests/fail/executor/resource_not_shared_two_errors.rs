use agent_sdk::prelude::*;

use std::cell::Cell;

#[executor]
async fn count(start: u64, total: &Cell<u64>) -> Result<u64, ExecutorError> {
    Ok(start + total.get())
}

fn main() {}
