//! A state that every path writes before it is read.

use agent_sdk::prelude::*;

use agent_sdk::workflow::Workflow;

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
async fn skip(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

#[executor(reads(Mail))]
async fn submit(input: String, ctx: &WorkflowContext<submit>) -> Result<String, ExecutorError> {
    Ok(ctx.get::<Mail>().0 + &input)
}

#[workflow(state = Mailbox)]
fn triage(mail: String) -> String {
    store >> skip >> submit;
}

fn main() {
    assert_eq!(triage::GRAPH.slots.len(), 1);
    assert_eq!(triage::GRAPH.nodes[0].facts.writes, 1);
    assert_eq!(triage::GRAPH.nodes[2].facts.reads, 1);
}
