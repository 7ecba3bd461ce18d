//! How a model call fails.

use std::time::Duration;

/// Why a model gave no answer. Messages never hold keys or prompts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The key is missing, wrong or not allowed. Final.
    #[error("{provider} refused the credentials: {message}")]
    Auth {
        /// Which provider.
        provider: &'static str,
        /// What it said.
        message: String,
    },
    /// Too many requests or tokens. A retry helps after the delay.
    #[error("{provider} limits the rate: {message}")]
    RateLimit {
        /// Which provider.
        provider: &'static str,
        /// What it said.
        message: String,
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// The account has no credit left. Final until someone pays: waiting does not help.
    #[error("the account at {provider} is used up: {message}")]
    QuotaExceeded {
        /// Which provider.
        provider: &'static str,
        /// What it said.
        message: String,
    },
    /// The request is wrong. Final.
    #[error("{provider} refused the request: {message}")]
    InvalidRequest {
        /// Which provider.
        provider: &'static str,
        /// What it said.
        message: String,
    },
    /// No such model or deployment. Final.
    #[error("{provider} does not know it: {message}")]
    NotFound {
        /// Which provider.
        provider: &'static str,
        /// What it said.
        message: String,
    },
    /// The conversation is longer than the model takes. Final.
    #[error("the conversation is too long for {provider}: {message}")]
    ContextLength {
        /// Which provider.
        provider: &'static str,
        /// What it said.
        message: String,
    },
    /// The content was refused. Final.
    #[error("{provider} filtered the content: {message}")]
    ContentFilter {
        /// Which provider.
        provider: &'static str,
        /// What it said.
        message: String,
    },
    /// No answer in time. A retry may help.
    #[error("{provider} did not answer within {after:?}")]
    Timeout {
        /// Which provider.
        provider: &'static str,
        /// How long we waited.
        after: Duration,
    },
    /// The provider failed. A retry may help.
    #[error("{provider} is unavailable (status {status}): {message}")]
    Unavailable {
        /// Which provider.
        provider: &'static str,
        /// Its HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The provider was not reached. A retry may help.
    #[error("{provider} could not be reached: {message}")]
    Network {
        /// Which provider.
        provider: &'static str,
        /// What failed.
        message: String,
    },
    /// The answer could not be read. A retry may help.
    #[error("the answer of {provider} could not be read: {message}")]
    Decode {
        /// Which provider.
        provider: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl ModelError {
    /// A stable name for it, as it stands in HTTP answers.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Auth { .. } => "auth",
            Self::RateLimit { .. } | Self::QuotaExceeded { .. } => "rate_limit",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::NotFound { .. } => "not_found",
            Self::ContextLength { .. } => "context_length",
            Self::ContentFilter { .. } => "content_filter",
            Self::Timeout { .. } => "timeout",
            Self::Unavailable { .. } => "unavailable",
            Self::Network { .. } => "network",
            Self::Decode { .. } => "decode",
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::RateLimit { .. }
                | Self::Timeout { .. }
                | Self::Unavailable { .. }
                | Self::Network { .. }
                | Self::Decode { .. }
        )
    }
}
