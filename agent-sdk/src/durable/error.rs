//! How runs fail, and how requests about them fail.

use std::time::Duration;

use durable_task::{ClientError, Failure, IdError};

use crate::agent::session::StateError;
use crate::agent::{RunId, SessionId};
use crate::model::ModelError;

/// The kind of the inner failure that carries, as its message, after how many milliseconds a retry
/// makes sense.
const RETRY_AFTER_TYPE: &str = "retry_after_ms";
/// The kind of the inner failure that carries, as its message, the HTTP status of the provider.
const STATUS_TYPE: &str = "upstream_status";

/// A run that ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct RunFailure {
    /// A stable name for the kind of failure: one of [`ModelError::error_type`] or of the constants
    /// of this type.
    pub error_type: String,
    /// What happened, for people.
    pub message: String,
    /// When another try makes sense, if the provider said so.
    pub retry_after: Option<Duration>,
    /// The HTTP status of the model's provider, if that is what failed and it had one.
    pub upstream_status: Option<u16>,
    /// Whether the same request may succeed under another correlation id.
    pub retryable: bool,
}

impl RunFailure {
    /// The run took longer than the agent allows.
    pub const RUN_TIMEOUT: &'static str = "run_timeout";
    /// The model's answer does not fit the agent's output type.
    pub const INVALID_OUTPUT: &'static str = "invalid_output";
    /// The application has no such agent any more.
    pub const UNKNOWN_AGENT: &'static str = "unknown_agent";
    /// The session can't be read or written.
    pub const SESSION: &'static str = "session";
    /// The run was ended from outside.
    pub const TERMINATED: &'static str = "terminated";
    /// A step was cancelled: the process stopped, or nobody wants its answer any more.
    pub const CANCELLED: &'static str = "cancelled";
    /// Our own fault.
    pub const INTERNAL: &'static str = "internal";

    /// A failure with nothing but a kind and a text.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            retry_after: None,
            upstream_status: None,
            retryable: false,
        }
    }

    /// The run, or a step of it, took longer than the run may take.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        let message = format!("the run took longer than {limit:?}");
        Self::new(Self::RUN_TIMEOUT, message)
    }

    /// The same failure as one that another try may cure.
    #[must_use]
    pub(crate) fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

impl From<&ModelError> for RunFailure {
    fn from(error: &ModelError) -> Self {
        let mut failure = Self::new(error.error_type(), error.to_string());
        failure.retryable = error.is_retryable();
        match error {
            ModelError::RateLimit { retry_after, .. } => failure.retry_after = *retry_after,
            ModelError::Unavailable { status, .. } => failure.upstream_status = Some(*status),
            _ => {}
        }
        failure
    }
}

/// A recorded failure has a type, a text and a cause: the rest travels as the cause.
impl From<RunFailure> for Failure {
    fn from(failure: RunFailure) -> Self {
        let mut recorded = Self::new(failure.error_type, failure.message);
        recorded.non_retriable = !failure.retryable;
        let status = failure
            .upstream_status
            .map(|status| (STATUS_TYPE, status.to_string()));
        let retry = failure
            .retry_after
            .map(|after| (RETRY_AFTER_TYPE, after.as_millis().to_string()));
        let mut cause = None;
        for (error_type, message) in [status, retry].into_iter().flatten() {
            let mut next = Self::new(error_type, message);
            next.inner = cause.map(Box::new);
            cause = Some(next);
        }
        recorded.inner = cause.map(Box::new);
        recorded
    }
}

impl From<&Failure> for RunFailure {
    fn from(recorded: &Failure) -> Self {
        let mut failure = Self::new(&recorded.error_type, &recorded.message);
        failure.retryable = !recorded.non_retriable;
        let mut cause = recorded.inner.as_deref();
        while let Some(inner) = cause {
            match inner.error_type.as_str() {
                RETRY_AFTER_TYPE => {
                    failure.retry_after = inner.message.parse().ok().map(Duration::from_millis);
                }
                STATUS_TYPE => failure.upstream_status = inner.message.parse().ok(),
                _ => {}
            }
            cause = inner.inner.as_deref();
        }
        failure
    }
}

/// Why a request about a run or a session was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The application has no such agent. Final.
    #[error("Agent '{agent}' not found")]
    UnknownAgent {
        /// The name that was asked for.
        agent: String,
    },
    /// There is nothing to answer. Final.
    #[error("a run needs at least one message")]
    NoMessage,
    /// The agent's name and the session's id are no key of a hub. Final.
    #[error("session `{session}`: {source}")]
    SessionInvalid {
        /// The session.
        session: SessionId,
        /// What is wrong.
        source: IdError,
    },
    /// The correlation id was used for another request. Final: use another id.
    #[error("run `{run}` was started with another request under the same correlation id")]
    DifferentRequest {
        /// The run.
        run: RunId,
    },
    /// As many runs of the session wait as may. A retry helps once one has ended.
    #[error("{limit} runs of session `{session}` are waiting already")]
    QueueFull {
        /// The session.
        session: SessionId,
        /// The agent's `queued_runs_max`.
        limit: usize,
    },
    /// No such run. Final.
    #[error("run `{run}` was not found")]
    NotFound {
        /// The run.
        run: RunId,
    },
    /// The stored session can't be read. Final.
    #[error("session `{session}`: {source}")]
    State {
        /// The session.
        session: SessionId,
        /// What is wrong with it.
        source: StateError,
    },
    /// What is stored of a run can't be read. Final.
    #[error("run `{run}` can't be read: {problem}")]
    Unreadable {
        /// The run.
        run: RunId,
        /// What is wrong.
        problem: String,
    },
    /// The hub refused or failed; [`RunError::is_retryable`] says whether another try can help.
    #[error("{0}")]
    Hub(#[from] ClientError),
}

impl RunError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::QueueFull { .. } => true,
            Self::Hub(error) => error.is_retryable(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_survives_its_recorded_form() {
        let mut failure = RunFailure::new("rate_limit", "too many");
        for retry_after in [None, Some(Duration::from_millis(1500))] {
            for upstream_status in [None, Some(503)] {
                for retryable in [false, true] {
                    failure.retry_after = retry_after;
                    failure.upstream_status = upstream_status;
                    failure.retryable = retryable;
                    let recorded = Failure::from(failure.clone());
                    assert_eq!(RunFailure::from(&recorded), failure);
                }
            }
        }
    }

    #[test]
    fn model_errors_keep_what_the_host_needs() {
        let error = ModelError::RateLimit {
            provider: "p",
            message: "slow down".into(),
            retry_after: Some(Duration::from_secs(7)),
        };
        let failure = RunFailure::from(&error);
        assert_eq!(failure.error_type, "rate_limit");
        assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
        assert!(failure.retryable);
        let error = ModelError::Unavailable {
            provider: "p",
            status: 502,
            message: "down".into(),
        };
        assert_eq!(RunFailure::from(&error).upstream_status, Some(502));
    }
}
