//! A tool as a value.

use std::time::Duration;

use durable_task::BoxFuture;
use serde_json::Value;

use super::schema::{NotStrict, strict_parameters};
use super::{ResourceNeed, ToolContext, ToolError};

/// A function that a model may call; [`#[tool]`](macro@crate::tool) writes the implementation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool [AGT114]",
    label = "not declared with `#[tool]`",
    note = "annotate the function with `#[tool]`, or remove it from `tools = [..]`"
)]
pub trait Tool: 'static {
    /// The name that the model sees.
    const NAME: &'static str;
    /// What the model reads to decide when to call it.
    const DESCRIPTION: &'static str;

    /// Everything that an agent needs to offer the tool and to run it.
    fn definition() -> ToolDefinition;
}

/// Runs a tool on the model's arguments: decodes them, calls the function, encodes its result.
pub type ToolFn = fn(ToolContext, Value) -> BoxFuture<'static, Result<Value, ToolError>>;

/// A tool as a value: what the model is told, and how it runs.
#[derive(Debug, Clone)]
pub struct ToolDefinition {
    /// The name that the model sees: `[a-zA-Z0-9_-]{1,64}`.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The JSON schema (2020-12) of its arguments: an object.
    pub parameters: Value,
    /// Whether it demands a schema that fits the providers' strict mode: an app with such a tool
    /// whose schema does not fit refuses to start.
    pub strict: bool,
    /// What it takes by reference.
    pub needs: Vec<ResourceNeed>,
    /// How long one call may take.
    pub timeout: Option<Duration>,
    /// How it runs.
    pub run: ToolFn,
}

impl ToolDefinition {
    /// Why a provider can't hold the model to this tool's schema; `None` if it can.
    ///
    /// A tool with [`strict`](Self::strict) set must have none; for the others it is worth a
    /// warning at start-up, because the model may then send arguments that do not fit, and is told
    /// so by [`ToolError::Arguments`].
    pub fn strict_problem(&self) -> Option<NotStrict> {
        strict_parameters(&self.parameters).err()
    }
}
