use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Mail(String);

#[derive(WorkflowState)]
struct Trip {
    #[slot(default = Budget(4))]
    budget: Budget,
    mail: Mail,
}

#[executor(writes(Mail))]
async fn first(topic: String, ctx: &WorkflowContext<first>) -> Result<String, ExecutorError> {
    ctx.set::<Mail>(Mail(topic.clone()));
    Ok(topic)
}

#[executor(reads(Budget))]
async fn second(topic: String, ctx: &WorkflowContext<first>) -> Result<String, ExecutorError> {
    Ok(format!("{topic} {}", ctx.get::<Budget>().0))
}

#[workflow(state = Trip)]
fn plan(topic: String) -> String {
    first >> second;
}

fn main() {}
