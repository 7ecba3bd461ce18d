//! Agents: a model with instructions and tools.

mod definition;

pub use definition::{Agent, AgentDefinition, OutputSchema};
