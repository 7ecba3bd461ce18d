use agent_sdk::prelude::*;

#[executor]
async fn skip(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn inner(text: String) -> String {
    skip >> skip;
}

#[workflow]
fn outer(text: String) -> String {
    skip >> inner;
}

fn main() {}
