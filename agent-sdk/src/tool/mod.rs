//! Functions that a model may call.

mod context;
mod definition;
mod error;
mod resource;

pub use context::ToolContext;
pub use definition::{Tool, ToolDefinition, ToolFn};
pub use error::ToolError;
pub use resource::{MissingResource, ResourceNeed, Resources};
