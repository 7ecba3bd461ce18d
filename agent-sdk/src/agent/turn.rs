//! The agent loop: messages in; model calls, tool calls and an answer out.
//!
//! A pure state machine. It does no IO and knows no time, so that the same code drives a run in
//! memory, and a durable one that replays from its history. Each state is a value of its own, which
//! takes exactly the input that it waits for:
//!
//! ```text
//! Turn::start -> AskModel --completed--> RunTools --finished--> AskModel ..
//!                         \-> AskModel (repair)            \
//!                          \-> Done                         \-> Done
//! ```

mod call;
mod state;

pub use call::{PendingCall, error_result, success_result};
pub(crate) use state::joined_text;
pub use state::{AskModel, Completion, Next, RunTools, ToolUse, TurnAnswer, TurnError, TurnPolicy};

#[cfg(test)]
mod tests;

/// How many times a model may ask for the same tool with the same arguments in one run; a further
/// such call is refused with an error that the model can read.
pub const IDENTICAL_CALLS_MAX: u32 = 2;

/// How many times an answer that does not fit its type is sent back to the model.
pub const OUTPUT_REPAIRS_MAX: u32 = 1;
