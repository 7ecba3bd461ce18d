//! What a panic in user code said.

use std::any::Any;

use crate::Failure;

/// The failure that a panic becomes. It is not retried: a panic is a bug.
pub(crate) fn panic_failure(payload: &(dyn Any + Send)) -> Failure {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    Failure::new("Panic", text).non_retriable()
}
