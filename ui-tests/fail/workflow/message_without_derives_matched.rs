use agent_sdk::prelude::*;

enum Decision {
    Good(String),
    Bad,
}

#[executor]
async fn decide(topic: String) -> Result<Decision, ExecutorError> {
    if topic.is_empty() {
        Ok(Decision::Bad)
    } else {
        Ok(Decision::Good(topic))
    }
}

#[executor]
async fn publish(draft: String) -> Result<String, ExecutorError> {
    Ok(draft)
}

#[workflow]
fn plan(topic: String) -> Option<String> {
    topic >> decide;
    match decide {
        Decision::Good(text) => publish(text),
        Decision::Bad => (),
    }
}

fn main() {}
