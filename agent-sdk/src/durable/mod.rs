//! Durable runs: a run is an orchestration, each model call and each tool call an activity, a session
//! an entity.
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
//! - Whatever happens, the session is released: the turn's failure is appended in place of an answer.
//! - A repeated step has the same idempotency key; a finished one is not repeated.
//!
//! Places for what is not here yet: nested agents are child runs of `run.rs` on a session of their
//! own; a wait for a person is one more way out of `run_turn`, after which the turn is appended as
//! open; streaming is one more output of `model_call.rs`; a whole turn in one operation (`run`) is one
//! more operation of `session_entity.rs`.

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
pub use request::{AnswerFormat, RunRequest};

/// The name of the orchestration that is a run.
pub const RUN_ORCHESTRATION: &str = "agent-run";
/// The name of the activity that asks a model.
pub const MODEL_ACTIVITY: &str = "agent-model";
/// The name of the activity that runs a tool.
pub const TOOL_ACTIVITY: &str = "agent-tool";
