//! What every file of an application needs: `use agent_sdk::prelude::*;`.

pub use agent_macros::{Event, agent, executor, orchestrator, tool};
pub use durable_task::{
    Activity, ActivityContext, Event, Executor, ExecutorError, OrchestrationContext,
    OrchestrationError, Orchestrator,
};

pub use crate::agent::{Agent, AgentDefinition};
pub use crate::tool::{Tool, ToolContext, ToolError};
