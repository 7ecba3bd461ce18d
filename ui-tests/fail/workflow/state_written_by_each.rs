use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Mail(String);

#[derive(WorkflowState)]
struct Mailbox {
    mail: Mail,
}

#[executor(writes(Mail))]
async fn store(input: String, ctx: &WorkflowContext<store>) -> Result<String, ExecutorError> {
    ctx.set::<Mail>(Mail(input.clone()));
    Ok(input)
}

#[workflow(state = Mailbox)]
fn triage(mails: Vec<String>) -> Vec<String> {
    mails >> each(store);
}

fn main() {}
