use agent_sdk::prelude::*;

#[request_port(response = bool)]
struct Approval {
    draft: String,
}

#[executor]
async fn ask(draft: String) -> Result<Approval, ExecutorError> {
    Ok(Approval { draft })
}

#[workflow]
fn publish(draft: String) -> bool {
    ask >> Approval;
}

fn main() {}
