//! Functions that a model may call.

pub(crate) mod argument;
pub(crate) mod builder;
mod context;
mod definition;
mod dialect;
mod error;
pub(crate) mod list;
pub(crate) mod output;
pub mod schema;

pub use argument::{ToolInput, ToolResource};
pub use context::ToolContext;
pub use definition::{Tool, ToolDefinition, ToolFn};
pub use durable_task::{MissingResource, ResourceNeed, Resources};
pub use error::ToolError;
pub use output::{ToolFailure, ToolOutput};

#[cfg(test)]
mod tests;
