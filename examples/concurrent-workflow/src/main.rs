//! A question goes to two experts at once, and their answers are put together.
//!
//! `cargo run -p concurrent-workflow` serves it on port 7071.

mod offline;

use agent_host::{FunctionApp, HostError};
use agent_sdk::prelude::*;

/// Answers as a physicist.
#[agent(
    instructions = "You are an expert in physics. You answer questions from a physics \
                        perspective, in one sentence."
)]
struct Physicist;

/// Answers as a chemist.
#[agent(
    instructions = "You are an expert in chemistry. You answer questions from a chemistry \
                        perspective, in one sentence."
)]
struct Chemist;

/// Makes a question of what was asked.
#[executor]
async fn parse_question(question: String) -> Result<String, ExecutorError> {
    let question = question.trim();
    Ok(if question.ends_with('?') {
        question.to_owned()
    } else {
        format!("{question}?")
    })
}

/// Puts the answers together.
#[executor]
async fn aggregator(answers: Vec<AgentResponse>) -> Result<String, ExecutorError> {
    let answers = answers.iter();
    let answers: Vec<String> = answers
        .map(|answer| format!("{}: {}", answer.executor_id, answer.text))
        .collect();
    Ok(answers.join("\n"))
}

/// Asks both experts.
#[workflow(name = "ExpertReview")]
fn expert_review(question: String) -> String {
    parse_question >> (Physicist, Chemist) >> aggregator;
}

fn main() -> Result<(), HostError> {
    FunctionApp::new()
        .workflow::<expert_review>()
        .offline_model(offline::model())
        .run()
}
