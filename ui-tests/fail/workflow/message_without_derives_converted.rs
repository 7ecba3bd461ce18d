use agent_sdk::prelude::*;

struct Draft(String);

impl From<Draft> for String {
    fn from(draft: Draft) -> String {
        draft.0
    }
}

#[executor]
async fn draft(topic: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(topic))
}

#[executor]
async fn publish(draft: String) -> Result<String, ExecutorError> {
    Ok(draft)
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> publish;
}

fn main() {}
