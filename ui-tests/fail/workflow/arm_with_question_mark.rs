use agent_sdk::prelude::*;

#[executor]
async fn draft(topic: String) -> Result<String, ExecutorError> {
    Ok(topic)
}

#[workflow]
fn write(topic: String) -> String {
    match topic {
        topic => draft(topic.parse()?),
    }
}

fn main() {}
