//! What every file of an application needs: `use agent_sdk::prelude::*;`.

pub use agent_macros::{agent, tool};

pub use crate::agent::{Agent, AgentDefinition};
pub use crate::tool::{Tool, ToolContext, ToolError};
