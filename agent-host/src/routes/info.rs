//! What is hosted: the list of agents, and one agent in full.

use std::sync::Arc;

use agent_sdk::AgentDefinition;
use agent_sdk::tool::ToolDefinition;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::link::encoded;
use super::received::{agent, bad_path, public_agents};
use super::{RouteState, respond};
use crate::options::HttpOptions;

/// All agents.
pub(crate) async fn list(State(host): State<Arc<RouteState>>) -> Response {
    let agents = public_agents(host.agents.app(), &host.options);
    let agents: Vec<ListItem> = agents
        .map(|agent| list_item(agent, &host.options))
        .collect();
    let total = agents.len();
    respond::json(StatusCode::OK, &AgentList { agents, total })
}

/// One agent.
pub(crate) async fn info(
    State(host): State<Arc<RouteState>>,
    name: Result<Path<String>, PathRejection>,
) -> Response {
    let agent = match name {
        Ok(Path(name)) => agent(&host, &name),
        Err(rejection) => Err(bad_path(&rejection)),
    };
    match agent {
        Ok(_) if !host.options.expose_info => {
            let body = json!({
                "error": "Agent information is not available",
                "message": "This app does not expose information about its agents",
            });
            respond::json(StatusCode::FORBIDDEN, &body)
        }
        Ok(agent) => respond::json(StatusCode::OK, &agent_info(agent, &host.options)),
        Err(response) => response,
    }
}

#[derive(Debug, Serialize)]
struct AgentList<'a> {
    agents: Vec<ListItem<'a>>,
    total: usize,
}

#[derive(Debug, Serialize)]
struct ListItem<'a> {
    name: &'a str,
    description: &'a str,
    version: &'a str,
    tools_count: usize,
    endpoints: Value,
}

#[derive(Debug, Serialize)]
struct AgentInfo<'a> {
    agent: &'a str,
    version: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<ToolInfo<'a>>>,
    endpoints: Value,
}

#[derive(Debug, Serialize)]
struct ToolInfo<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
    required_params: Vec<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
}

fn list_item<'a>(agent: &'a AgentDefinition, options: &HttpOptions) -> ListItem<'a> {
    let endpoints = json!({ "chat": format!("/api/agents/{}/chat", encoded(&agent.name)) });
    if !options.expose_info {
        return ListItem {
            name: &agent.name,
            description: "",
            version: "1.0.0",
            tools_count: 0,
            endpoints,
        };
    }
    ListItem {
        name: &agent.name,
        description: &agent.description,
        version: &agent.version,
        tools_count: agent.tools.len(),
        endpoints,
    }
}

fn agent_info<'a>(agent: &'a AgentDefinition, options: &HttpOptions) -> AgentInfo<'a> {
    let path = format!("/api/agents/{}", encoded(&agent.name));
    AgentInfo {
        agent: &agent.name,
        version: &agent.version,
        description: &agent.description,
        instructions: options
            .expose_instructions
            .then_some(agent.instructions.as_ref()),
        tools: options
            .expose_tools
            .then(|| agent.tools.iter().map(tool_info).collect()),
        endpoints: json!({
            "chat": format!("POST {path}/chat"),
            "info": format!("GET {path}/info"),
        }),
    }
}

fn tool_info(tool: &ToolDefinition) -> ToolInfo<'_> {
    let required = tool.parameters.get("required").and_then(Value::as_array);
    ToolInfo {
        name: tool.name,
        description: tool.description,
        parameters: &tool.parameters,
        required_params: required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
        kind: "function",
    }
}
