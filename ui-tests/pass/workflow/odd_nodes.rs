//! Executors whose first argument is no message, and slots by other names.

use agent_sdk::prelude::*;
use agent_sdk::workflow::Workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Mail(String);

type Letter = Mail;

#[derive(WorkflowState)]
struct Mailbox {
    mail: Mail,
}

struct Bank(u64);

#[executor(writes(Mail))]
async fn store(input: String, ctx: &WorkflowContext<store>) -> Result<(), ExecutorError> {
    ctx.set::<Letter>(Mail(input));
    Ok(())
}

#[executor]
async fn round(ctx: &WorkflowContext<round>) -> Result<(), ExecutorError> {
    assert_eq!(ctx.round(), 0);
    Ok(())
}

#[executor(reads(Mail))]
async fn submit(
    _: (),
    bank: &Bank,
    ctx: &WorkflowContext<submit>,
) -> Result<String, ExecutorError> {
    Ok(format!("{} {}", ctx.get::<Letter>().0, bank.0))
}

/// As an activity it needs no message.
#[executor]
async fn balance(bank: &Bank) -> Result<u64, ExecutorError> {
    Ok(bank.0)
}

#[orchestrator]
async fn check(ctx: OrchestrationContext) -> Result<u64, OrchestrationError> {
    Ok(ctx.call::<balance>(()).await?)
}

#[workflow(state = Mailbox)]
fn triage(mail: String) -> String {
    store >> round >> submit;
}

fn main() {
    assert_eq!(triage::GRAPH.nodes[2].facts.reads, 1);
    let _ = agent_sdk::App::builder()
        .executor::<balance>()
        .orchestrator::<check>();
}
