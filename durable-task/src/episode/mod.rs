//! The pure core of orchestrations: past events and new events in, actions out.
//!
//! An *episode* is one replay plus new commands. [`Session`] polls the orchestrator's future;
//! [`State`] is what the future and the history meet in: the future issues commands and waits for
//! tasks, the history confirms commands and completes tasks. No clock, no IO, no randomness, no
//! async runtime, no map with random order.

mod audit;
mod complete;
mod critical_section;
mod decision;
mod entity_event;
mod entity_messages;
mod entity_reply;
mod external_events;
mod ids;
mod mismatch;
mod probe;
mod replay;
mod scope;
mod session;
mod state;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use audit::{Audit, Finding};
pub(crate) use critical_section::LockSet;
pub(crate) use external_events::Waiter;
pub(crate) use mismatch::Mismatch;
pub(crate) use scope::Scope;
pub(crate) use session::{Episode, Session, Start};
pub use state::EntityMessageForm;
pub(crate) use state::{
    EpisodeOptions, FIRE_AND_FORGET, Handle, Identity, Outcome, State, VERSION_RECORD,
};
pub(crate) use task::OpenTask;

/// The longest custom status, in bytes of UTF-16: the smallest limit of all backends.
pub const CUSTOM_STATUS_UTF16_BYTES_MAX: usize = 16 * 1024;
