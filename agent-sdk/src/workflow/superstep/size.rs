//! How large what travels may be. A hub refuses larger values than these, and does not know of
//! nodes.

use durable_task::Failure;

use super::{RunError, TaskAnswer};

/// How large the JSON of one message, of all that one run of an executor gives, and of all outputs
/// of a run may be, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 12 * 1024 * 1024;

/// Refuses what is too large.
pub(super) fn check(bytes: usize, what: impl FnOnce() -> String) -> Result<(), RunError> {
    if bytes <= PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    let what = what();
    Err(RunError::TooLarge { what, bytes })
}

/// Refuses an answer that is too large.
pub(super) fn check_answer(answer: &TaskAnswer) -> Result<(), Failure> {
    let updates = answer.updates.iter().map(|(_, value)| value);
    let events = answer.events.iter().map(|event| &event.data);
    let given = answer.messages.iter().chain(&answer.outputs);
    let bytes: usize = given
        .chain(updates)
        .chain(events)
        .map(|value| value.json().len())
        .sum();
    check(bytes, || {
        "what it gave (messages, outputs, state and events)".to_owned()
    })
    .map_err(Failure::from)
}
