use agent_sdk::prelude::*;

struct Item(String);

#[executor]
async fn split(topic: String) -> Result<Vec<Item>, ExecutorError> {
    Ok(vec![Item(topic)])
}

#[executor]
async fn one(item: Item) -> Result<u64, ExecutorError> {
    Ok(item.0.len() as u64)
}

#[executor]
async fn sum(items: Vec<u64>) -> Result<u64, ExecutorError> {
    Ok(items.iter().sum())
}

#[workflow]
fn plan(topic: String) -> u64 {
    split >> each(one) >> sum;
}

fn main() {}
