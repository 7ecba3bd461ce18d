use durable_task::{ExecutorError, executor};

#[executor(reads(Budget))]
async fn count(start: u64) -> Result<u64, ExecutorError> {
    Ok(start)
}

fn main() {}
