//! What travels along the edges, and what is in the state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An email that came in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Email {
    pub email_id: String,
    pub email_content: String,
}

/// The email that is worked on now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CurrentEmail(pub String);

/// What the first agent is asked to answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SpamDetection {
    pub is_spam: bool,
    pub reason: String,
}

/// What was decided of an email, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    pub reason: String,
    pub email_id: String,
}

/// The two ways that an email can go.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub enum Decision {
    Spam(Verdict),
    Legitimate(Verdict),
}

/// What the second agent is asked to answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct EmailResponse {
    pub response: String,
}
