//! From an agent and a conversation to what its model is asked.

use super::AgentDefinition;
use super::turn::ToolUse;
use crate::model::{ChatMessage, ModelRequest, ResponseFormat, Role, ToolChoice, ToolSpec};

/// What the model is asked: instructions, the finished turns, this turn so far.
pub(crate) fn model_request(
    definition: &AgentDefinition,
    history: Vec<ChatMessage>,
    turn: &[ChatMessage],
    tool_use: ToolUse,
    idempotency_key: Option<String>,
) -> ModelRequest {
    let mut messages = vec![ChatMessage::text(Role::System, instructions(definition))];
    messages.extend(history);
    messages.extend(turn.iter().cloned());
    ModelRequest {
        model: definition.model.as_deref().map(str::to_owned),
        messages,
        tools: match tool_use {
            ToolUse::Disabled => Vec::new(),
            ToolUse::Offered | ToolUse::UsedUp => tool_specs(definition),
        },
        tool_choice: match tool_use {
            ToolUse::Offered => ToolChoice::Auto,
            ToolUse::UsedUp | ToolUse::Disabled => ToolChoice::None,
        },
        parallel_tool_calls: definition.parallel_tool_calls,
        response_format: response_format(definition),
        temperature: definition.temperature,
        output_tokens_max: None,
        idempotency_key,
    }
}

fn instructions(definition: &AgentDefinition) -> String {
    if definition.instructions.is_empty() {
        return format!("You are {}, an AI agent.", definition.name);
    }
    definition.instructions.to_string()
}

fn tool_specs(definition: &AgentDefinition) -> Vec<ToolSpec> {
    let spec = |tool: &crate::tool::ToolDefinition| ToolSpec {
        name: tool.name.to_owned(),
        description: tool.description.to_owned(),
        parameters: tool.parameters.clone(),
    };
    definition.tools.iter().map(spec).collect()
}

fn response_format(definition: &AgentDefinition) -> ResponseFormat {
    match &definition.output {
        Some(output) => ResponseFormat::JsonSchema {
            name: output.name.clone(),
            schema: output.schema.clone(),
        },
        None => ResponseFormat::Text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::agent::OutputSchema;

    fn texts(request: &ModelRequest) -> Vec<(Role, String)> {
        let text = |message: &ChatMessage| (message.role, message.to_text());
        request.messages.iter().map(text).collect()
    }

    #[test]
    fn instructions_come_first_then_history_then_the_turn() {
        let mut agent = AgentDefinition::new("Joker");
        let history = vec![
            ChatMessage::text(Role::User, "old"),
            ChatMessage::text(Role::Assistant, "older"),
        ];
        let turn = [ChatMessage::text(Role::User, "new")];
        let request = model_request(&agent, history, &turn, ToolUse::Offered, None);
        let expected = vec![
            (Role::System, String::from("You are Joker, an AI agent.")),
            (Role::User, String::from("old")),
            (Role::Assistant, String::from("older")),
            (Role::User, String::from("new")),
        ];
        assert_eq!(texts(&request), expected);

        agent.instructions = "Tell jokes.".into();
        let request = model_request(&agent, Vec::new(), &turn, ToolUse::Offered, None);
        assert_eq!(texts(&request)[0].1, "Tell jokes.");
    }

    #[test]
    fn tools_and_output_follow_the_definition() {
        let mut agent = AgentDefinition::new("a");
        agent.tools = vec![crate::agent::fixture::tool("look")];
        agent.model = Some("m".into());
        agent.temperature = Some(0.5);
        agent.parallel_tool_calls = false;
        agent.output = Some(OutputSchema {
            name: "Plan".into(),
            schema: json!({"type": "object"}),
        });
        let ask = |use_| model_request(&agent, Vec::new(), &[], use_, Some("key".into()));
        let offered = ask(ToolUse::Offered);
        assert_eq!(offered.tools.len(), 1);
        assert_eq!(offered.tools[0].name, "look");
        assert_eq!(offered.tool_choice, ToolChoice::Auto);
        assert_eq!(offered.model.as_deref(), Some("m"));
        assert_eq!(offered.temperature, Some(0.5));
        assert_eq!(offered.idempotency_key.as_deref(), Some("key"));
        assert!(!offered.parallel_tool_calls);
        assert!(matches!(
            &offered.response_format,
            ResponseFormat::JsonSchema { name, .. } if name == "Plan"
        ));
        let used_up = ask(ToolUse::UsedUp);
        assert_eq!(
            (used_up.tools.len(), used_up.tool_choice),
            (1, ToolChoice::None)
        );
        let disabled = ask(ToolUse::Disabled);
        assert_eq!(
            (disabled.tools.len(), disabled.tool_choice),
            (0, ToolChoice::None)
        );
    }
}
