use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An email that came in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Email {
    email_id: String,
    email_content: String,
}

/// The email that is worked on now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct CurrentEmail(String);

/// What the first agent is asked to answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct SpamDetection {
    is_spam: bool,
    reason: String,
}

/// What was decided of an email, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Verdict {
    reason: String,
    email_id: String,
}

/// The two ways that an email can go.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Decision {
    Spam(Verdict),
    Legitimate(Verdict),
}

/// What the second agent is asked to answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct EmailResponse {
    reply: String,
}

/// The emails that are worked on, and which one is now.
#[derive(WorkflowState)]
struct Triage {
    emails: Keyed<String, Email>,
    current_email: CurrentEmail,
}

/// Decides whether an email is spam.
#[agent(
    instructions = "You are a spam detection assistant. Answer with JSON: is_spam (boolean) \
                        and reason (text)."
)]
struct SpamDetectionAgent;

/// Drafts replies.
#[agent(
    instructions = "You are an email assistant. Draft a professional reply. Answer with \
                        JSON: response (text)."
)]
struct EmailAssistantAgent;

/// Keeps the email, and asks whether it is spam.
#[executor(writes(Keyed<String, Email>, CurrentEmail))]
async fn store_email(
    content: String,
    ctx: &WorkflowContext<store_email>,
) -> Result<String, ExecutorError> {
    let email_id = format!("email-{}", ctx.idempotency_key());
    let email = Email {
        email_id: email_id.clone(),
        email_content: content.clone(),
    };
    ctx.set::<Keyed<String, Email>>((email_id.clone(), email));
    ctx.set::<CurrentEmail>(CurrentEmail(email_id));
    Ok(content)
}

/// Reads what the agent decided; what can't be read counts as spam.
#[executor(reads(CurrentEmail))]
async fn to_detection_result(
    answer: AgentResponse,
    ctx: &WorkflowContext<to_detection_result>,
) -> Result<Decision, ExecutorError> {
    let detection = serde_json::from_str(&answer.text).unwrap_or_else(|_| SpamDetection {
        is_spam: true,
        reason: "Agent execution failed or yielded invalid JSON.".to_owned(),
    });
    let verdict = Verdict {
        reason: detection.reason,
        email_id: ctx.get::<CurrentEmail>().0,
    };
    Ok(if detection.is_spam {
        Decision::Spam(verdict)
    } else {
        Decision::Legitimate(verdict)
    })
}

/// Finds the email again, and asks for a reply.
#[executor(reads(Keyed<String, Email>))]
async fn submit_to_email_assistant(
    verdict: Verdict,
    ctx: &WorkflowContext<submit_to_email_assistant>,
) -> Result<String, ExecutorError> {
    let emails = ctx.get::<Keyed<String, Email>>();
    let email = emails.get(&verdict.email_id);
    let email = email.ok_or_else(|| ExecutorError::failed("the email is gone").non_retriable())?;
    Ok(email.email_content.clone())
}

/// Sends the reply.
#[executor]
async fn finalize_and_send(answer: AgentResponse) -> Result<String, ExecutorError> {
    let reply: EmailResponse = serde_json::from_str(&answer.text)?;
    Ok(format!("Email sent: {}", reply.response))
}

/// Puts spam aside.
#[executor]
async fn handle_spam(verdict: Verdict) -> Result<String, ExecutorError> {
    Ok(format!("Email marked as spam: {}", verdict.reason))
}

/// Sorts out spam and replies to the rest.
#[workflow(state = Triage)]
fn email_triage_shared_state(content: String) -> String {
    store_email >> SpamDetectionAgent >> to_detection_result;
    match to_detection_result {
        Decision::Spam(verdict) => handle_spam(verdict),
        Decision::Legitimate(verdict) => {
            submit_to_email_assistant(verdict) >> EmailAssistantAgent >> finalize_and_send
        }
    }
}

fn main() {}
