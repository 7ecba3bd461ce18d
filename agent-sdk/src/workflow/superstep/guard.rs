//! Calls code of the program that stands in a graph, and lives through its panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::RunError;

/// Runs a conversion, a routing, a default or a reducer. It shares nothing that a panic could leave
/// half done: its arguments are texts that never change.
pub(super) fn guarded<T, E>(
    code: impl FnOnce() -> Result<T, E>,
    place: impl FnOnce() -> String,
    failed: impl FnOnce(E) -> RunError,
) -> Result<T, RunError> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(given) => given.map_err(failed),
        Err(panic) => Err(RunError::Panic {
            place: place(),
            problem: text(&*panic).to_owned(),
        }),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}
