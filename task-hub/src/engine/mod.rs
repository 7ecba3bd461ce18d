//! The engine: state, messages and a worker's answer in, a [`Delta`] out.
//!
//! Pure. It has no clock, no IO, no randomness and no async runtime: what it needs of them comes in
//! an [`Env`]. The loop around it (`dispatch`) decides when something runs and when it is durable.

mod action;
mod answer;
mod delta;
mod ending;
mod entity;
mod entity_action;
mod event;
mod instance;
mod limits;
mod message;
mod orchestration;
mod payload;
mod rewind;
mod sent_event;
mod start;
#[cfg(test)]
mod tests;
mod version;

pub use delta::{Delta, Drop, RowChange};
pub use entity::Entity;
pub use event::{Chunk, decode_chunk};
pub use instance::Instance;
pub use limits::EngineLimits;
pub use message::{Closes, Message, Taking};
pub use orchestration::Orchestration;
pub use payload::bounded_response;
pub use sent_event::{SentEvent, entity_message};
pub use start::StartOrder;
pub use version::newest;

use durable_task::{ExecutionId, Timestamp};

/// What the engine takes from outside.
pub struct Env<'a> {
    /// What the clock says.
    pub now: Timestamp,
    /// How large things may become.
    pub limits: &'a EngineLimits,
    /// Where ids come from.
    pub ids: &'a mut dyn IdSource,
}

impl Env<'_> {
    fn row(&mut self) -> u64 {
        self.ids.row()
    }

    fn execution(&mut self) -> ExecutionId {
        ExecutionId::new(format!("{:032x}", self.ids.random()))
    }
}

/// Gives ids.
pub trait IdSource {
    /// The next id of a message, task or timer: each above the one before.
    fn row(&mut self) -> u64;
    /// 128 random bits.
    fn random(&mut self) -> u128;
}
