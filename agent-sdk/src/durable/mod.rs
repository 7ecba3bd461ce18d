//! Durable runs: a run is an orchestration, each model call and each tool call an activity, a
//! session an entity.
//!
//! ```text
//! agent-run      lock(session) .. agent-model .. agent-tool .. append to the session .. release
//! agent-model    reads the session, asks the model
//! agent-tool     runs one tool
//! dafx-{agent}   one session of an agent: its conversation
//! ```
//!
//! The rules:
//!
//! - Runs of a session take their turns in the order in which their requests were accepted.
//! - What a run decides depends on its recorded input and on recorded results only, never on the
//!   application's present agents: a run that is in flight goes on after a deployment.
//! - Whatever happens, the session is released: the turn's failure is appended in place of an
//!   answer.
//! - A repeated step has the same idempotency key; a finished one is not repeated.
//!
//! Places for what is not here yet:
//!
//! - nested agents: child runs of `run.rs`, on a session derived from the caller's;
//! - a wait for a person: one more way to end `Run::turn`, after which the turn is appended as open
//!   and the session released until the answer comes;
//! - streaming: one more result of `model_call.rs`, which says where the stream ends;
//! - a whole turn in one operation (`run`): one more operation of `session_entity.rs`;
//! - middleware: around the two calls that shells of the loop make, in `model_call.rs` and
//!   `tool_call.rs` here, and in [`Runner`](crate::agent::Runner).

mod client;
mod delete;
mod error;
#[cfg(test)]
mod fixture;
mod gate;
mod model_call;
mod plan;
mod register;
mod request;
mod run;
mod session_entity;
mod tool_call;

pub use client::{AgentClient, RunState, Started};
pub use delete::Deletion;
pub use error::{RunError, RunFailure};
pub(crate) use gate::Gates;
pub(crate) use plan::RunPlan;
pub use request::{AnswerFormat, RunRequest};

/// The name of the orchestration that is a run.
pub const RUN_ORCHESTRATION: &str = "agent-run";
/// The name of the activity that asks a model.
pub const MODEL_ACTIVITY: &str = "agent-model";
/// The name of the activity that runs a tool.
pub const TOOL_ACTIVITY: &str = "agent-tool";
