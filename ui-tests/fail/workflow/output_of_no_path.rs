use agent_sdk::prelude::*;

#[executor]
async fn publish(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> String {
    publish >> ();
}

fn main() {}
