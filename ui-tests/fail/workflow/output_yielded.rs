use agent_sdk::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Draft(String);

#[executor(yields(Draft))]
async fn report(input: String, ctx: &WorkflowContext<report>) -> Result<String, ExecutorError> {
    ctx.yield_output(Draft(input.clone()));
    Ok(input)
}

#[workflow]
fn plan(topic: String) -> Vec<String> {
    report;
}

fn main() {}
