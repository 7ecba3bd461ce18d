use agent_sdk::prelude::*;

#[executor]
async fn draft(topic: String) -> Result<String, ExecutorError> {
    Ok(topic)
}

#[workflow]
fn inner(topic: String) -> String {
    draft >> draft;
}

#[workflow]
fn outer(topic: String) -> String {
    inner;
}

fn main() {
    let _ = agent_sdk::App::builder().workflow::<inner>().workflow::<outer>();
}
