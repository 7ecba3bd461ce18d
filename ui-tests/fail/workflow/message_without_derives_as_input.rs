use agent_sdk::prelude::*;

struct Draft(String);

#[executor]
async fn publish(draft: Draft) -> Result<String, ExecutorError> {
    Ok(draft.0)
}

#[workflow]
fn plan(draft: Draft) -> String {
    publish;
}

fn main() {}
