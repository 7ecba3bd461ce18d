use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Mail(String);

type Letter = Mail;

#[derive(WorkflowState)]
struct Trip {
    mail: Mail,
}

#[executor]
async fn first(topic: String, ctx: &WorkflowContext<first>) -> Result<String, ExecutorError> {
    ctx.set::<Letter>(Mail(topic.clone()));
    Ok(topic)
}

#[executor(reads(Mail))]
async fn second(topic: String, ctx: &WorkflowContext<second>) -> Result<String, ExecutorError> {
    Ok(format!("{topic} {}", ctx.get::<Mail>().0))
}

#[workflow(state = Trip)]
fn plan(topic: String) -> String {
    first >> second;
}

fn main() {}
