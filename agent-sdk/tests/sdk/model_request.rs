//! Requests for tests.

use agent_sdk::model::{ChatMessage, ModelRequest, Role, ToolSpec};
use serde_json::json;

/// One message of the user.
pub fn user(text: &str) -> ModelRequest {
    ModelRequest::new(vec![ChatMessage::text(Role::User, text)])
}

/// A tool that takes anything.
pub fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({ "type": "object", "properties": {} }),
    }
}
