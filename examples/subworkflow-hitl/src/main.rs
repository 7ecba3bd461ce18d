//! A moderation pipeline whose human review is a workflow of its own. The request that is open
//! inside is seen and answered at the pipeline. There is no model.
//!
//! `cargo run -p subworkflow-hitl` serves it on port 7071.

use agent_host::{FunctionApp, HostError};
use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something to be published.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct ContentSubmission {
    content_id: String,
    title: String,
    body: String,
}

/// The question to the human.
#[request_port(response = HumanApprovalResponse)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct HumanApprovalRequest {
    content_id: String,
    title: String,
    body: String,
    prompt: String,
}

/// The human's answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct HumanApprovalResponse {
    approved: bool,
    #[serde(default)]
    reviewer_notes: String,
}

/// What the human decided.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ModerationDecision {
    content_id: String,
    approved: bool,
    reviewer_notes: String,
}

/// The submission that is reviewed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Reviewed(String);

/// The state of a review.
#[derive(WorkflowState)]
struct Review {
    reviewed: Reviewed,
}

/// Takes the submission in.
#[executor]
async fn intake(submission: ContentSubmission) -> Result<ContentSubmission, ExecutorError> {
    Ok(submission)
}

/// Writes the question to the human.
#[executor(writes(Reviewed))]
async fn prepare(
    submission: ContentSubmission,
    ctx: &WorkflowContext<prepare>,
) -> Result<HumanApprovalRequest, ExecutorError> {
    ctx.set::<Reviewed>(Reviewed(submission.content_id.clone()));
    Ok(HumanApprovalRequest {
        prompt: format!("Please review \"{}\".", submission.title),
        content_id: submission.content_id,
        title: submission.title,
        body: submission.body,
    })
}

/// Tells the human where to answer, while the request is open.
#[executor]
async fn notify(
    request: HumanApprovalRequest,
    ctx: &WorkflowContext<notify>,
) -> Result<(), ExecutorError> {
    match ctx.respond_url::<HumanApprovalRequest>() {
        Ok(url) => println!("review {}: POST {url}", request.content_id),
        Err(error) => println!("review {}: {error}", request.content_id),
    }
    Ok(())
}

/// Says what the human decided, of what.
#[executor(reads(Reviewed))]
async fn decide(
    answer: HumanApprovalResponse,
    ctx: &WorkflowContext<decide>,
) -> Result<ModerationDecision, ExecutorError> {
    Ok(ModerationDecision {
        content_id: ctx.get::<Reviewed>().0,
        approved: answer.approved,
        reviewer_notes: answer.reviewer_notes,
    })
}

/// Publishes, or not.
#[executor]
async fn publish(decision: ModerationDecision) -> Result<String, ExecutorError> {
    let ModerationDecision { content_id, .. } = &decision;
    let verdict = if decision.approved {
        "APPROVED and published"
    } else {
        "REJECTED"
    };
    let notes = match decision.reviewer_notes.as_str() {
        "" => "None",
        notes => notes,
    };
    Ok(format!(
        "Content '{content_id}' {verdict}. Reviewer notes: {notes}"
    ))
}

/// Asks a human.
#[workflow(state = Review)]
fn human_review(submission: ContentSubmission) -> ModerationDecision {
    let review_gate = HumanApprovalRequest;
    prepare >> (review_gate >> decide, notify >> ());
}

/// From the submission to what became of it.
#[workflow]
fn moderation_pipeline(submission: ContentSubmission) -> String {
    let review_sub = human_review;
    intake >> review_sub >> publish;
}

fn main() -> Result<(), HostError> {
    FunctionApp::new().workflow::<moderation_pipeline>().run()
}
