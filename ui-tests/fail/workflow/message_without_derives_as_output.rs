use agent_sdk::prelude::*;

struct Draft(String);

#[executor]
async fn draft(topic: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(topic))
}

#[workflow]
fn plan(topic: String) -> Draft {
    draft;
}

fn main() {}
