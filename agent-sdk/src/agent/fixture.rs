//! What unit tests of this crate share.

use serde_json::json;

use crate::tool::ToolDefinition;

/// A tool that gives its arguments back.
pub(crate) fn tool(name: &'static str) -> ToolDefinition {
    ToolDefinition {
        name,
        description: "Gives its arguments back.",
        parameters: json!({"type": "object", "properties": {}}),
        strict: false,
        needs: Vec::new(),
        timeout: None,
        run: |_, arguments| Box::pin(async move { Ok(arguments) }),
    }
}
