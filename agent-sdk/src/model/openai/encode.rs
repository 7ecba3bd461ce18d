//! From a request to the body of `POST /chat/completions`.

use serde::Serialize;
use serde_json::Value;

use super::PROVIDER;
use crate::model::{
    ChatMessage, Content, ModelError, ModelRequest, ResponseFormat, Role, ToolChoice,
};
use crate::tool::schema::openai_parameters;

/// The body, as JSON. `model` is the name for requests without one.
pub(super) fn encode(request: &ModelRequest, model: Option<&str>) -> Result<Vec<u8>, ModelError> {
    let Some(model) = request.model.as_deref().or(model) else {
        return Err(refused(
            "no model is named; set the agent's `model` or OPENAI_MODEL",
        ));
    };
    let mut messages = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        add_message(&mut messages, message)?;
    }
    let has_tools = !request.tools.is_empty();
    let body = Body {
        model,
        messages,
        temperature: request.temperature,
        max_completion_tokens: request.output_tokens_max,
        tools: request.tools.iter().map(tool).collect(),
        tool_choice: has_tools.then_some(match request.tool_choice {
            ToolChoice::Auto => "auto",
            ToolChoice::None => "none",
            ToolChoice::Required => "required",
        }),
        // Parallel calls are the default, and some models refuse the very name of the option.
        parallel_tool_calls: (has_tools && !request.parallel_tool_calls).then_some(false),
        response_format: response_format(&request.response_format),
    };
    serde_json::to_vec(&body).map_err(|error| refused(error.to_string()))
}

fn refused(message: impl Into<String>) -> ModelError {
    ModelError::InvalidRequest {
        provider: PROVIDER,
        message: message.into(),
    }
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<WireFormat<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum WireMessage<'a> {
    System {
        content: String,
    },
    Developer {
        content: String,
    },
    User {
        content: UserContent<'a>,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireCall<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum UserContent<'a> {
    Text(String),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl<'a> },
}

#[derive(Serialize)]
struct ImageUrl<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct WireCall<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    /// JSON as a string.
    arguments: &'a str,
}

#[derive(Serialize)]
struct WireTool<'a> {
    r#type: &'static str,
    function: OfferedFunction<'a>,
}

#[derive(Serialize)]
struct OfferedFunction<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    parameters: Value,
    strict: bool,
}

#[derive(Serialize)]
struct WireFormat<'a> {
    r#type: &'static str,
    json_schema: NamedSchema<'a>,
}

#[derive(Serialize)]
struct NamedSchema<'a> {
    name: &'a str,
    schema: Value,
    strict: bool,
}

/// Adds what a message becomes: the results of tools are messages of their own, and a message that
/// holds nothing for a model becomes none.
fn add_message<'a>(
    messages: &mut Vec<WireMessage<'a>>,
    message: &'a ChatMessage,
) -> Result<(), ModelError> {
    for content in &message.contents {
        if let Content::ToolResult { call_id, result } = content {
            messages.push(WireMessage::Tool {
                tool_call_id: call_id,
                content: result_text(result),
            });
        }
    }
    if message.role == Role::User {
        messages.extend(user_message(message)?);
        return Ok(());
    }
    if message.contents.iter().any(is_file) {
        return Err(refused("images are taken in messages of the user only"));
    }
    let content = message.to_text();
    match message.role {
        Role::Assistant => messages.extend(assistant_message(message, content)),
        Role::System if !content.is_empty() => messages.push(WireMessage::System { content }),
        Role::Developer if !content.is_empty() => messages.push(WireMessage::Developer { content }),
        // Results of tools are in already; there is no other message that a tool could send.
        Role::System | Role::Developer | Role::Tool | Role::User => {}
    }
    Ok(())
}

fn result_text(result: &Value) -> String {
    match result {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_file(content: &Content) -> bool {
    matches!(content, Content::Data { .. } | Content::Uri { .. })
}

fn user_message(message: &ChatMessage) -> Result<Option<WireMessage<'_>>, ModelError> {
    if !message.contents.iter().any(is_file) {
        let is_text = |content: &Content| matches!(content, Content::Text { .. });
        let content = UserContent::Text(message.to_text());
        let has_text = message.contents.iter().any(is_text);
        return Ok(has_text.then_some(WireMessage::User { content }));
    }
    let mut parts = Vec::new();
    for content in &message.contents {
        match content {
            Content::Text { text } => parts.push(Part::Text { text }),
            Content::Data { uri, media_type } | Content::Uri { uri, media_type } => {
                if !media_type.starts_with("image/") {
                    return Err(refused(format!(
                        "data of type `{media_type}` is not taken, only images are"
                    )));
                }
                let image_url = ImageUrl { url: uri };
                parts.push(Part::ImageUrl { image_url });
            }
            _ => {}
        }
    }
    let content = UserContent::Parts(parts);
    Ok(Some(WireMessage::User { content }))
}

fn assistant_message(message: &ChatMessage, text: String) -> Option<WireMessage<'_>> {
    let calls = message.contents.iter().filter_map(|content| match content {
        Content::ToolCall {
            call_id,
            name,
            arguments,
        } => Some(WireCall {
            id: call_id,
            r#type: "function",
            function: CalledFunction {
                name,
                arguments: if arguments.is_empty() {
                    "{}"
                } else {
                    arguments
                },
            },
        }),
        _ => None,
    });
    let tool_calls: Vec<WireCall<'_>> = calls.collect();
    let content = (!text.is_empty()).then_some(text);
    let says_something = content.is_some() || !tool_calls.is_empty();
    says_something.then_some(WireMessage::Assistant {
        content,
        tool_calls,
    })
}

fn tool(spec: &crate::model::ToolSpec) -> WireTool<'_> {
    let parameters = openai_parameters(&spec.parameters);
    WireTool {
        r#type: "function",
        function: OfferedFunction {
            name: &spec.name,
            description: &spec.description,
            parameters: parameters.schema,
            strict: parameters.strict,
        },
    }
}

fn response_format(format: &ResponseFormat) -> Option<WireFormat<'_>> {
    match format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonSchema { name, schema } => {
            let schema = openai_parameters(schema);
            Some(WireFormat {
                r#type: "json_schema",
                json_schema: NamedSchema {
                    name,
                    schema: schema.schema,
                    strict: schema.strict,
                },
            })
        }
    }
}

#[cfg(test)]
mod tests;
