use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Answer(bool);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[request_port(response = Answer)]
struct Approve {
    text: String,
}

#[executor]
async fn ask(topic: String) -> Result<Approve, ExecutorError> {
    Ok(Approve { text: topic })
}

#[executor]
async fn done(answer: u64) -> Result<bool, ExecutorError> {
    Ok(answer > 0)
}

#[workflow]
fn plan(topic: String) -> bool {
    ask >> Approve >> done;
}

fn main() {}
