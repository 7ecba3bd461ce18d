//! Content moderation: an agent analyses, a human decides. The run waits for the human as a row in
//! the hub, for months if need be.
//!
//! `cargo run -p workflow-hitl` serves it on port 7071.

mod messages;
mod offline;

use agent_host::{FunctionApp, HostError};
use agent_sdk::prelude::*;

use messages::{
    AiAnalysis, ContentSubmission, CurrentSubmission, HumanApprovalRequest, HumanApprovalResponse,
    ModerationResult, PendingAnalysis, Reviewed, Status,
};

/// What is being moderated.
#[derive(WorkflowState)]
struct Moderation {
    current_submission: CurrentSubmission,
    pending_analysis: PendingAnalysis,
}

/// Looks at submissions before a human does.
#[agent(
    instructions = "You are a content moderation assistant. Answer with JSON: is_appropriate \
                        (boolean), risk_level (low, medium or high), concerns (list of texts), \
                        recommendation (text)."
)]
struct ContentAnalyzerAgent;

/// Keeps the submission, and asks the agent about it.
#[executor(writes(CurrentSubmission))]
async fn input_router(
    submission: ContentSubmission,
    ctx: &WorkflowContext<input_router>,
) -> Result<String, ExecutorError> {
    let question = format!(
        "Title: {}\nAuthor: {}\n\n{}",
        submission.title, submission.author, submission.body
    );
    ctx.set::<CurrentSubmission>(CurrentSubmission(submission));
    Ok(question)
}

/// Reads what the agent found; what can't be read is for a human to look at closely.
#[executor(reads(CurrentSubmission))]
async fn content_analyzer_executor(
    answer: AgentResponse,
    ctx: &WorkflowContext<content_analyzer_executor>,
) -> Result<Reviewed, ExecutorError> {
    let analysis = serde_json::from_str(&answer.text).unwrap_or_else(|_| AiAnalysis::unreadable());
    Ok(Reviewed {
        submission: ctx.get::<CurrentSubmission>().0,
        analysis,
    })
}

/// Writes the question to the human.
#[executor(writes(PendingAnalysis))]
async fn prepare_review(
    reviewed: Reviewed,
    ctx: &WorkflowContext<prepare_review>,
) -> Result<HumanApprovalRequest, ExecutorError> {
    ctx.set::<PendingAnalysis>(PendingAnalysis(reviewed.analysis.clone()));
    let submission = reviewed.submission;
    Ok(HumanApprovalRequest {
        prompt: format!(
            "Please review \"{}\" by {}: the analysis says risk {:?}.",
            submission.title, submission.author, reviewed.analysis.risk_level
        ),
        content_id: submission.content_id,
        title: submission.title,
        body: submission.body,
        author: submission.author,
        ai_analysis: reviewed.analysis,
    })
}

/// Tells the human where to answer, while the request is open.
#[executor]
async fn notify_executor(
    request: HumanApprovalRequest,
    ctx: &WorkflowContext<notify_executor>,
) -> Result<(), ExecutorError> {
    match ctx.respond_url::<HumanApprovalRequest>() {
        Ok(url) => println!("review {}: POST {url}", request.content_id),
        Err(error) => println!("review {}: {error}", request.content_id),
    }
    Ok(())
}

/// Says what the human decided, of what.
#[executor(reads(CurrentSubmission, PendingAnalysis))]
async fn decide(
    answer: HumanApprovalResponse,
    ctx: &WorkflowContext<decide>,
) -> Result<ModerationResult, ExecutorError> {
    Ok(ModerationResult {
        content_id: ctx.get::<CurrentSubmission>().0.content_id,
        status: if answer.approved {
            Status::Approved
        } else {
            Status::Rejected
        },
        ai_analysis: ctx.get::<PendingAnalysis>().0,
        reviewer_notes: answer.reviewer_notes,
    })
}

/// Publishes, or not.
#[executor]
async fn publish_executor(result: ModerationResult) -> Result<String, ExecutorError> {
    let ModerationResult { content_id, .. } = &result;
    let notes = match result.reviewer_notes.as_str() {
        "" => "None",
        notes => notes,
    };
    Ok(match result.status {
        Status::Approved => format!(
            "✅ Content '{content_id}' has been APPROVED and published.\nReviewer notes: {notes}"
        ),
        Status::Rejected => {
            format!("❌ Content '{content_id}' has been REJECTED.\nReviewer notes: {notes}")
        }
    })
}

/// Moderates one submission.
#[workflow(state = Moderation)]
fn content_moderation(submission: ContentSubmission) -> String {
    let human_review_executor = HumanApprovalRequest;
    input_router
        >> ContentAnalyzerAgent
        >> content_analyzer_executor
        >> prepare_review
        >> (
            human_review_executor >> decide >> publish_executor,
            notify_executor >> (),
        );
}

fn main() -> Result<(), HostError> {
    FunctionApp::new()
        .workflow::<content_moderation>()
        .offline_model(offline::model())
        .run()
}
