//! What travels along the edges, what is in the state, and what a human is asked.

use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something to be published.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ContentSubmission {
    pub content_id: String,
    pub title: String,
    pub body: String,
    pub author: String,
}

/// How much could go wrong.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RiskLevel {
    Low,
    Medium,
    High,
}

/// What the agent found.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AiAnalysis {
    pub is_appropriate: bool,
    pub risk_level: RiskLevel,
    pub concerns: Vec<String>,
    pub recommendation: String,
}

impl AiAnalysis {
    /// Stands for an answer that was no JSON.
    pub fn unreadable() -> Self {
        Self {
            is_appropriate: false,
            risk_level: RiskLevel::High,
            concerns: vec!["the analysis could not be read".to_owned()],
            recommendation: "Manual review required".to_owned(),
        }
    }
}

/// The submission that is worked on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CurrentSubmission(pub ContentSubmission);

/// What the human was told.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PendingAnalysis(pub AiAnalysis);

/// A submission and what the agent found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reviewed {
    pub submission: ContentSubmission,
    pub analysis: AiAnalysis,
}

/// The question to the human.
#[request_port(response = HumanApprovalResponse)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct HumanApprovalRequest {
    pub content_id: String,
    pub title: String,
    pub body: String,
    pub author: String,
    pub ai_analysis: AiAnalysis,
    pub prompt: String,
}

/// The human's answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct HumanApprovalResponse {
    pub approved: bool,
    #[serde(default)]
    pub reviewer_notes: String,
}

/// What became of the submission.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Approved,
    Rejected,
}

/// What the human decided.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ModerationResult {
    pub content_id: String,
    pub status: Status,
    pub ai_analysis: AiAnalysis,
    pub reviewer_notes: String,
}
