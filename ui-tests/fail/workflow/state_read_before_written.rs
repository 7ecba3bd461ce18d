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

#[executor]
async fn skip(input: String) -> Result<bool, ExecutorError> {
    Ok(input.is_empty())
}

#[executor(reads(Mail))]
async fn submit(input: String, ctx: &WorkflowContext<submit>) -> Result<String, ExecutorError> {
    Ok(ctx.get::<Mail>().0 + &input)
}

#[workflow(state = Mailbox)]
fn triage(mail: String) -> String {
    skip;
    match skip {
        true => store(String::new()) >> submit,
        false => submit(String::new()),
    }
}

fn main() {}
