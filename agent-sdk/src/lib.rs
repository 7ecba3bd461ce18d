//! Typed AI agents, tools and workflows that survive crashes.

pub mod agent;
mod app;
pub mod durable;
pub mod model;
pub mod prelude;
#[doc(hidden)]
pub mod private;
pub mod tool;

#[doc(hidden)]
pub use private as __private;

#[doc = include_str!("docs/agent.md")]
pub use agent_macros::agent;
#[doc = include_str!("docs/tool.md")]
pub use agent_macros::tool;

pub use agent::{
    Agent, AgentDefinition, CorrelationId, RunAnswer, RunId, Runner, SessionId, ToolCallRecord,
};
pub use app::{AGENT_NAMES_RESERVED, App, AppBuilder, AppError, AppProblem};
pub use durable::{
    AgentClient, AnswerFormat, Deletion, RunError, RunFailure, RunRequest, RunState, Started,
};
