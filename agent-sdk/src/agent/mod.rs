//! Agents: a model with instructions and tools.
//!
//! - [`AgentDefinition`]: an agent as a value; `#[agent]` writes one.
//! - [`turn`]: the agent loop, a pure state machine. [`Runner`] drives it in memory, the
//!   orchestration of [`durable`](crate::durable) durably.
//! - [`session`]: the document that holds a conversation.

mod answer;
mod answer_type;
mod definition;
#[cfg(test)]
pub(crate) mod fixture;
mod id;
pub mod output;
mod request;
mod runner;
pub mod session;
pub(crate) mod tool_call;
pub mod turn;

pub use answer::{RunAnswer, ToolCallRecord};
pub use answer_type::AgentOutput;
pub use answer_type::{NoOutput, OutputProbe};
pub use definition::{Agent, AgentDefinition, OutputSchema, RUN_TIMEOUT, TOOL_ROUNDS_MAX};
pub use id::{
    CorrelationId, CorrelationIdError, RunId, SESSION_IDS_RESERVED, SessionId, SessionIdError,
};
pub(crate) use id::{entity_name, recorded_session};
pub(crate) use request::model_request;
pub use runner::{Runner, RunnerError};
