use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Mail(String);

type Letter = Mail;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[derive(WorkflowState)]
struct Trip {
    mail: Mail,
    budget: Budget,
}

#[executor(writes(Mail))]
async fn first(topic: String, ctx: &WorkflowContext<first>) -> Result<String, ExecutorError> {
    ctx.set::<Letter>(Mail(topic.clone()));
    Ok(topic)
}

#[executor(reads(Mail, Budget))]
async fn second(topic: String, ctx: &WorkflowContext<second>) -> Result<String, ExecutorError> {
    let (mail, budget) = (ctx.get::<Mail>(), ctx.get::<Budget>());
    Ok(format!("{topic} {} {}", mail.0, budget.0))
}

#[workflow(state = Trip)]
fn plan(topic: String) -> String {
    first >> second;
}

fn main() {}
