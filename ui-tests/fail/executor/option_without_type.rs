use agent_sdk::prelude::*;

#[executor(sends)]
async fn review(price: u64) -> Result<(), ExecutorError> {
    let _ = price;
    Ok(())
}

fn main() {}
