//! Requests for tests.

use agent_sdk::model::{ChatMessage, ModelRequest, ResponseFormat, Role, ToolChoice, ToolSpec};
use serde_json::json;

/// A conversation without tools.
pub fn request(messages: Vec<ChatMessage>) -> ModelRequest {
    ModelRequest {
        model: None,
        messages,
        tools: Vec::new(),
        tool_choice: ToolChoice::Auto,
        parallel_tool_calls: true,
        response_format: ResponseFormat::Text,
        temperature: None,
        output_tokens_max: None,
        idempotency_key: None,
    }
}

/// One message of the user.
pub fn user(text: &str) -> ModelRequest {
    request(vec![ChatMessage::text(Role::User, text)])
}

/// A tool that takes anything.
pub fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({ "type": "object", "properties": {} }),
    }
}
