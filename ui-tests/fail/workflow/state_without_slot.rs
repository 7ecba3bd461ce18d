use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Mail(String);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(String);

#[derive(WorkflowState)]
struct Mailbox {
    budget: Budget,
}

#[executor(writes(Mail))]
async fn store(input: String, ctx: &WorkflowContext<store>) -> Result<String, ExecutorError> {
    ctx.set::<Mail>(Mail(input.clone()));
    Ok(input)
}

#[workflow(state = Mailbox)]
fn triage(mail: String) -> String {
    store;
}

fn main() {}
