use agent_sdk::prelude::*;

struct Draft(String);

#[executor]
async fn draft(topic: String) -> Result<Draft, ExecutorError> {
    Ok(Draft(topic))
}

/// Guides.
#[agent]
struct Guide;

#[workflow]
fn plan(topic: String) -> AgentResponse {
    draft >> Guide;
}

fn main() {}
