//! Every form of a graph.

use agent_sdk::prelude::*;

use agent_sdk::workflow::{OutputCount, To, Workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
enum Verdict {
    Good(String),
    Bad(u64),
    Unclear,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Draft(String);

impl From<Draft> for String {
    fn from(draft: Draft) -> Self {
        draft.0
    }
}

#[executor]
async fn draft(input: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(input))
}

#[executor]
async fn review(input: String) -> Result<Verdict, ExecutorError> {
    Ok(Verdict::Good(input))
}

#[executor]
async fn publish(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[executor]
async fn count(input: u64) -> Result<String, ExecutorError> {
    Ok(input.to_string())
}

#[executor]
async fn split(input: String) -> Result<Vec<String>, ExecutorError> {
    Ok(vec![input])
}

#[executor]
async fn join(input: Vec<String>) -> Result<String, ExecutorError> {
    Ok(input.concat())
}

#[executor]
async fn pair(input: (Verdict, Draft)) -> Result<String, ExecutorError> {
    Ok(input.1.0)
}

/// Everything at once.
#[workflow(max_supersteps = 20, timeout = "1h", retry(attempts = 2))]
fn all(topic: String) -> Vec<String> {
    let second = publish;
    topic >> (review, split >> each(publish) >> join);
    match review {
        Verdict::Good(text) if text.is_empty() => (draft(text.clone()) >> second, count(1u64)),
        Verdict::Good(_) => review2,
        Verdict::Bad(number) => count(number),
        Verdict::Unclear => (),
    }
}

#[executor]
async fn review2(input: Verdict) -> Result<String, ExecutorError> {
    let _ = input;
    Ok(String::new())
}

#[workflow]
fn rounds(topic: String) -> String {
    topic >> (review, draft) >> pair >> all >> join;
}

#[workflow]
fn nothing(topic: String) {
    review;
    match review {
        Verdict::Good(text) => publish(text) >> (),
        _ => (),
    }
}

#[workflow(version = "3", name = "Maybe")]
fn maybe(topic: String) -> Option<String> {
    match topic {
        text if text.is_empty() => (),
        _ => publish,
    }
}

fn main() {
    assert_eq!(all::GRAPH.outputs, OutputCount::Any);
    assert_eq!(rounds::GRAPH.outputs, OutputCount::One);
    assert_eq!(nothing::GRAPH.outputs, OutputCount::None);
    assert_eq!(maybe::GRAPH.outputs, OutputCount::AtMostOne);
    assert_eq!((maybe::NAME, maybe::GRAPH.version), ("Maybe", "3"));
    assert_eq!(all::GRAPH.version.len(), 32);
    assert_ne!(all::GRAPH.version, rounds::GRAPH.version);
    assert_eq!(all::GRAPH.description, "Everything at once.");
    assert_eq!(all::GRAPH.supersteps_max, 20);
    let ids: Vec<&str> = rounds::GRAPH.nodes.iter().map(|node| node.id).collect();
    assert_eq!(ids, ["review", "draft", "pair", "all", "join"]);
    assert_eq!(rounds::GRAPH.joins[0].sources, [0, 1]);
    assert_eq!(
        rounds::GRAPH.forks[0].elements,
        [[To::Node(0)], [To::Node(1)]]
    );
}
