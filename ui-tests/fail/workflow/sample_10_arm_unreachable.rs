use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An email that came in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Email {
    email_id: String,
    email_content: String,
}

/// What the first agent decides.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct SpamDetection {
    is_spam: bool,
    confidence: f64,
    reason: String,
}

/// What the second agent writes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct EmailResponse {
    response: String,
}

/// Decides whether an email is spam.
#[agent(
    instructions = "You are a spam detection assistant. Analyze the email and say whether it is \
                    spam, how sure you are (0 to 1), and why.",
    output = SpamDetection
)]
struct SpamDetectionAgent;

/// Drafts replies.
#[agent(
    instructions = "You are an email assistant. Draft a professional reply to the email.",
    output = EmailResponse
)]
struct EmailAssistantAgent;

/// Puts spam aside.
#[executor]
async fn spam_handler(detection: SpamDetection) -> Result<String, ExecutorError> {
    Ok(format!("Email marked as spam: {}", detection.reason))
}

/// Sends the reply.
#[executor]
async fn email_sender(reply: EmailResponse) -> Result<String, ExecutorError> {
    Ok(format!("Email sent: {}", reply.response))
}

/// Sorts out spam and replies to the rest.
#[workflow]
fn email_triage(email: Email) -> String {
    email >> SpamDetectionAgent;
    match SpamDetectionAgent {
        SpamDetection { .. } => spam_handler,
        SpamDetection { is_spam: false, .. } => EmailAssistantAgent >> email_sender,
    }
}

fn main() {}
