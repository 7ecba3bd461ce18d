//! Functions that a model may call.

pub(crate) mod argument;
pub(crate) mod builder;
mod context;
mod definition;
mod dialect;
mod error;
pub(crate) mod list;
pub(crate) mod output;
mod resource;
pub mod schema;

pub use argument::{ToolInput, ToolResource};
pub use context::ToolContext;
pub use definition::{Tool, ToolDefinition, ToolFn};
pub use error::ToolError;
pub use output::{ToolFailure, ToolOutput};
pub use resource::{MissingResource, ResourceNeed, Resources};

#[cfg(test)]
mod tests;
