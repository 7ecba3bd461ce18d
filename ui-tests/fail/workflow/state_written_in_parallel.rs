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

#[executor(writes(Mail))]
async fn replace(input: String, ctx: &WorkflowContext<replace>) -> Result<String, ExecutorError> {
    ctx.set::<Mail>(Mail(input.clone()));
    Ok(input)
}

#[executor]
async fn join(input: Vec<String>) -> Result<String, ExecutorError> {
    Ok(input.concat())
}

#[workflow(state = Mailbox)]
fn triage(mail: String) -> String {
    mail >> (store, replace) >> join;
}

fn main() {}
