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

/// The same for an orchestrator, which runs outside of tokio.
pub(crate) fn orchestrator_panic(payload: &(dyn Any + Send)) -> Failure {
    let mut failure = panic_failure(payload);
    if failure.message.contains("Tokio 1.x runtime") {
        failure.message.push_str(
            "; an orchestrator has no tokio: wait with `ctx.sleep`, and do IO in an activity",
        );
    }
    failure
}
