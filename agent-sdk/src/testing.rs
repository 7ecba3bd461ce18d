//! Runs workflows in memory, in a few lines.
//!
//! A [`WorkflowRunner`] needs no hub and keeps nothing. Agents are answered by a script
//! ([`ScriptedModel`](crate::model::ScriptedModel)), ports by functions or by the test itself, and
//! time passes only where the run waits for nothing else.

pub use crate::workflow::runner::{
    GraphRun, GraphRunner, NESTING_MAX, OpenRequest, WorkflowFailure, WorkflowRun, WorkflowRunner,
};
pub use crate::workflow::superstep::{AnswerError, Event, EventData, EventKind, RunError};
