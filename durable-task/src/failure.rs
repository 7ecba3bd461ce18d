//! How a piece of durable work failed.

use std::fmt;

use crate::wire::proto::TaskFailureDetails;

/// A recorded failure of an activity, an entity operation or an orchestration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable name for the kind of failure, for example `ToolError`.
    pub error_type: String,
    /// What happened, for people.
    pub message: String,
    /// What caused it.
    pub inner: Option<Box<Failure>>,
    /// Whether retry policies must leave it alone.
    pub non_retriable: bool,
    /// Where it happened, if the worker tells.
    pub stack_trace: Option<String>,
}

impl Failure {
    /// A failure that a retry may cure.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            inner: None,
            non_retriable: false,
            stack_trace: None,
        }
    }

    /// The same failure, marked as one that no retry can cure.
    #[must_use]
    pub fn non_retriable(mut self) -> Self {
        self.non_retriable = true;
        self
    }

    /// The same failure with its cause.
    #[must_use]
    pub fn caused_by(mut self, inner: Failure) -> Self {
        self.inner = Some(Box::new(inner));
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)?;
        match &self.inner {
            Some(inner) => write!(f, " (caused by {inner})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<TaskFailureDetails> for Failure {
    fn from(details: TaskFailureDetails) -> Self {
        Self {
            error_type: details.error_type,
            message: details.error_message,
            inner: details.inner_failure.map(|inner| Box::new((*inner).into())),
            non_retriable: details.is_non_retriable,
            stack_trace: details.stack_trace,
        }
    }
}

impl From<Failure> for TaskFailureDetails {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.error_type,
            error_message: failure.message,
            stack_trace: failure.stack_trace,
            inner_failure: failure.inner.map(|inner| Box::new((*inner).into())),
            is_non_retriable: failure.non_retriable,
            ..Self::default()
        }
    }
}
