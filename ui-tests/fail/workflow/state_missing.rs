use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Mail(String);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[executor(writes(Mail))]
async fn first(topic: String, ctx: &WorkflowContext<first>) -> Result<String, ExecutorError> {
    ctx.set::<Mail>(Mail(topic.clone()));
    Ok(topic)
}

#[executor(reads(Mail, Budget))]
async fn second(topic: String, ctx: &WorkflowContext<second>) -> Result<String, ExecutorError> {
    Ok(format!(
        "{topic} {} {}",
        ctx.get::<Mail>().0,
        ctx.get::<Budget>().0
    ))
}

#[workflow]
fn plan(topic: String) -> String {
    first >> second;
}

fn main() {}
