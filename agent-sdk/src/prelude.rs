//! What every file of an application needs: `use agent_sdk::prelude::*;`.

pub use agent_macros::{
    Event, WorkflowState, agent, entity, executor, orchestrator, request_port, tool, workflow,
};
pub use durable_task::{
    Activity, ActivityContext, EntityContext, EntityType, Executor, ExecutorError,
    OrchestrationContext, OrchestrationError, Orchestrator,
};
// With the feature `macros` of that crate, its `Event` is also a derive, for another root.
pub use durable_task::__private::traits::Event;

pub use crate::agent::{Agent, AgentDefinition};
pub use crate::tool::{Tool, ToolContext, ToolError};
pub use crate::workflow::{AgentResponse, Keyed, RequestPort, WorkflowContext, WorkflowState};
