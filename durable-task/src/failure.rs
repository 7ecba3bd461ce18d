//! How a piece of durable work failed.

use std::fmt;

use prost_types::Value;
use prost_types::value::Kind;

use crate::wire::proto::TaskFailureDetails;

/// How many failures are recorded of a failure and its causes, itself included. Decoders of
/// protobuf refuse messages that nest deeper than 100.
pub const FAILURE_DEPTH_MAX: usize = 32;

/// How long a type, message or stack trace of a recorded failure may be, in bytes of UTF-8.
pub const FAILURE_TEXT_BYTES_MAX: usize = 16 * 1024;

/// Ends a text that was cut.
const CUT: &str = " ... (cut)";

/// Ends the message of the last failure whose cause is recorded no more.
const LEFT_OUT: &str = " (deeper causes are left out)";

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
    /// Within the limits of [`bounded`](Self::bounded).
    fn from(failure: Failure) -> Self {
        let mut kept = Vec::new();
        let mut next = Some(Box::new(failure));
        while kept.len() < FAILURE_DEPTH_MAX
            && let Some(failure) = next
        {
            next = failure.inner;
            kept.push(Self {
                error_type: failure.error_type,
                error_message: failure.message,
                stack_trace: failure.stack_trace,
                is_non_retriable: failure.non_retriable,
                ..Self::default()
            });
        }
        chain(kept, next.is_some())
    }
}

impl TaskFailureDetails {
    /// The same failure, small enough to be written and read again wherever it is embedded: at most
    /// [`FAILURE_DEPTH_MAX`] failures deep, each text at most [`FAILURE_TEXT_BYTES_MAX`] bytes.
    /// What is cut says so. Properties that nest further than a list of plain values are left out.
    ///
    /// ```
    /// use durable_task::wire::proto::TaskFailureDetails;
    /// use durable_task::{FAILURE_DEPTH_MAX, Failure};
    ///
    /// let mut foreign = TaskFailureDetails::default();
    /// for _ in 0..90 {
    ///     foreign = TaskFailureDetails {
    ///         inner_failure: Some(Box::new(foreign)),
    ///         ..TaskFailureDetails::default()
    ///     };
    /// }
    /// let failure = Failure::from(foreign.bounded());
    /// let causes = std::iter::successors(Some(&failure), |failure| failure.inner.as_deref());
    /// assert_eq!(causes.count(), FAILURE_DEPTH_MAX);
    /// ```
    #[must_use]
    pub fn bounded(self) -> Self {
        let mut kept = Vec::new();
        let mut next = Some(Box::new(self));
        while kept.len() < FAILURE_DEPTH_MAX
            && let Some(mut details) = next
        {
            next = details.inner_failure.take();
            kept.push(*details);
        }
        chain(kept, next.is_some())
    }
}

/// Joins failures, the outermost first, each with its texts cut to what is allowed.
fn chain(mut kept: Vec<TaskFailureDetails>, more: bool) -> TaskFailureDetails {
    for details in &mut kept {
        cut(&mut details.error_type, FAILURE_TEXT_BYTES_MAX);
        cut(&mut details.error_message, FAILURE_TEXT_BYTES_MAX);
        if let Some(trace) = &mut details.stack_trace {
            cut(trace, FAILURE_TEXT_BYTES_MAX);
        }
        details.properties.retain(|_, value| is_flat(value));
    }
    if more && let Some(last) = kept.last_mut() {
        cut(
            &mut last.error_message,
            FAILURE_TEXT_BYTES_MAX - LEFT_OUT.len(),
        );
        last.error_message.push_str(LEFT_OUT);
    }
    let joined = kept.into_iter().rev().reduce(|inner, mut outer| {
        outer.inner_failure = Some(Box::new(inner));
        outer
    });
    joined.unwrap_or_default()
}

/// Cuts a text, with a mark at its end.
fn cut(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max - CUT.len()));
        text.push_str(CUT);
    }
}

/// Whether a value is plain, or a list or object of plain ones.
fn is_flat(value: &Value) -> bool {
    let is_plain =
        |value: &Value| !matches!(value.kind, Some(Kind::ListValue(_) | Kind::StructValue(_)));
    match &value.kind {
        Some(Kind::ListValue(list)) => list.values.iter().all(is_plain),
        Some(Kind::StructValue(object)) => object.fields.values().all(is_plain),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
