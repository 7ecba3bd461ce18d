use agent_sdk::prelude::*;

#[executor]
async fn draft(topic: String) -> Result<String, ExecutorError> {
    Ok(topic)
}

mod mail {
    use agent_sdk::prelude::*;

    #[executor]
    pub async fn send(text: String) -> Result<String, ExecutorError> {
        Ok(text)
    }
}

mod chat {
    use agent_sdk::prelude::*;

    #[executor]
    pub async fn send(text: String) -> Result<String, ExecutorError> {
        Ok(text)
    }
}

#[workflow]
fn write(topic: String) -> String {
    draft >> mail::send >> chat::send;
}

fn main() {}
