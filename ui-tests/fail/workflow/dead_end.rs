use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Draft(String);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
enum Verdict {
    Good(String),
    Bad,
}

#[executor]
async fn review(input: String) -> Result<Verdict, ExecutorError> {
    Ok(Verdict::Good(input))
}

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[executor]
async fn publish(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> String {
    review;
    match review {
        Verdict::Good(text) => publish(text),
        Verdict::Bad => draft(String::new()),
    }
}

fn main() {}
