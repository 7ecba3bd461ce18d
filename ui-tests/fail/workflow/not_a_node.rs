use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Review(String);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
enum Verdict {
    Good,
    Bad,
}

#[executor]
async fn draft(input: String) -> Result<Review, ExecutorError> {
    Ok(Review(input))
}

#[workflow]
fn plan(topic: String) -> String {
    draft >> Review;
    match Review {
        Verdict::Good => draft(String::new()) >> Review,
        Verdict::Bad => (),
    }
}

fn main() {}
