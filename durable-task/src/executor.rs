//! Executors: activities that are written as functions.

use std::any::Any;
use std::error::Error;
use std::fmt;

use crate::{Failure, Registry, RegistryError, ResourceNeed};

/// How many causes of an error are recorded with it.
const CAUSES_MAX: usize = 8;

/// A function with `#[executor]`, as a type.
///
/// Such a function keeps no state and sends no messages, so it is an
/// [`Activity`](crate::Activity) as well, and orchestrators call it by its name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an executor [AGT401]",
    label = "not declared with `#[executor]`",
    note = "annotate the function with `#[executor]`"
)]
pub trait Executor: Send + Sync + 'static {
    /// Its registered name.
    const NAME: &'static str;
    /// What it is for; empty if nobody said.
    const DESCRIPTION: &'static str;

    /// What it takes by reference, other than its context.
    fn needs() -> Vec<ResourceNeed>;

    /// Puts it into a registry.
    fn register(registry: &mut Registry) -> Result<(), RegistryError>;
}

/// Why an executor failed: any error, taken over by `?`.
///
/// Its type, its text and its causes are recorded; a retry policy may try again. A [`Failure`] is
/// taken over as it is.
///
/// ```
/// use durable_task::{ExecutorError, Failure};
///
/// fn parse(text: &str) -> Result<u64, ExecutorError> {
///     if text.is_empty() {
///         return Err(ExecutorError::failed("there is no number").non_retriable());
///     }
///     Ok(text.parse()?)
/// }
///
/// let failure = Failure::from(parse("many").unwrap_err());
/// assert_eq!(failure.error_type, "ParseIntError");
/// assert_eq!(failure.message, "invalid digit found in string");
/// assert!(!failure.non_retriable);
/// ```
// It is no `std::error::Error` itself: then there could be no conversion from all of them.
pub struct ExecutorError(Box<Failure>);

impl ExecutorError {
    /// A failure that a retry may cure.
    pub fn failed(message: impl Into<String>) -> Self {
        Self(Box::new(Failure::new("ExecutorFailed", message)))
    }

    /// The same failure, marked as one that no retry can cure.
    #[must_use]
    pub fn non_retriable(mut self) -> Self {
        self.0.non_retriable = true;
        self
    }

    /// What is recorded.
    pub fn failure(&self) -> &Failure {
        &self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ExecutorError {
    fn from(error: E) -> Self {
        let failure = match (&error as &dyn Any).downcast_ref::<Failure>() {
            Some(failure) => failure.clone(),
            None => Failure {
                inner: causes(error.source(), CAUSES_MAX),
                ..Failure::new(short_name(std::any::type_name::<E>()), error.to_string())
            },
        };
        Self(Box::new(failure))
    }
}

/// What an error says of its causes; their types are not known.
fn causes(cause: Option<&(dyn Error + 'static)>, depth_max: usize) -> Option<Box<Failure>> {
    let cause = cause.filter(|_| depth_max > 0)?;
    Some(Box::new(Failure {
        inner: causes(cause.source(), depth_max - 1),
        ..Failure::new("Error", cause.to_string())
    }))
}

/// `core::num::ParseIntError` to `ParseIntError`.
fn short_name(path: &'static str) -> &'static str {
    let plain = path.split('<').next().unwrap_or(path);
    plain.rsplit("::").next().unwrap_or(plain)
}

impl From<ExecutorError> for Failure {
    fn from(error: ExecutorError) -> Self {
        *error.0
    }
}

impl fmt::Display for ExecutorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ExecutorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExecutorError").field(&self.0).finish()
    }
}

/// What an executor or an operation of an entity can fail with: whatever a [`Failure`] can be made
/// of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an executor or an operation [AGT402]",
    label = "expected `ExecutorError`, or a type that converts into `durable_task::Failure`",
    note = "every `std::error::Error` becomes an `ExecutorError` by `?`"
)]
pub trait IntoFailure {
    /// As it is recorded.
    #[doc(hidden)]
    fn into_failure(self) -> Failure;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Failure>> IntoFailure for E {
    fn into_failure(self) -> Failure {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the page is gone")]
    struct Outer(#[source] fmt::Error);

    #[test]
    fn errors_keep_their_type_text_and_causes() {
        let failure = Failure::from(ExecutorError::from(Outer(fmt::Error)));
        assert_eq!(failure.error_type, "Outer");
        assert_eq!(failure.message, "the page is gone");
        assert!(!failure.non_retriable);
        let cause = failure.inner.unwrap();
        assert_eq!(cause.message, fmt::Error.to_string());
        assert_eq!(cause.inner, None);
    }

    #[test]
    fn a_failure_is_taken_over_as_it_is() {
        let failure = Failure::new("Declined", "no money").non_retriable();
        let taken = Failure::from(ExecutorError::from(failure.clone()));
        assert_eq!(taken, failure);
    }

    #[test]
    fn causes_have_a_limit() {
        #[derive(Debug)]
        struct Endless;

        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("again")
            }
        }

        impl Error for Endless {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }

        let failure = Failure::from(ExecutorError::from(Endless));
        let causes = std::iter::successors(Some(&failure), |failure| failure.inner.as_deref());
        assert_eq!(causes.count(), CAUSES_MAX + 1);
    }

    #[test]
    fn generic_error_types_have_short_names() {
        for (path, expected) in [
            ("Plain", "Plain"),
            ("a::b::C", "C"),
            ("a::Page<b::Item>", "Page"),
        ] {
            assert_eq!(short_name(path), expected);
        }
    }
}
