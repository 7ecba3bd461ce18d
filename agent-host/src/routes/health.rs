//! `GET /api/health`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use durable_task::Timestamp;
use serde::Serialize;

use super::{RouteState, respond};

/// Whether the app can work, and what it hosts.
pub(crate) async fn health(State(host): State<Arc<RouteState>>) -> Response {
    let timestamp = respond::timestamp(Timestamp::now());
    if let Some(error) = host.hub.problem() {
        let body = Unhealthy {
            status: "unhealthy",
            timestamp,
            error,
        };
        return respond::json(StatusCode::INTERNAL_SERVER_ERROR, &body);
    }
    let agents: Vec<AgentHealth> = host
        .agents
        .app()
        .agents()
        .map(|agent| AgentHealth {
            name: &agent.name,
            kind: "Agent",
            http_endpoint_enabled: !host.options.without_http.contains(&*agent.name),
            mcp_tool_enabled: false,
        })
        .collect();
    let workflows: Vec<WorkflowHealth> = host
        .workflows
        .app()
        .workflows()
        .map(|graph| WorkflowHealth {
            name: graph.name,
            executors: graph.nodes.iter().map(|node| node.id).collect(),
            version: graph.version,
            http_enabled: true,
            mcp_tool_enabled: false,
        })
        .collect();
    let body = Healthy {
        status: "healthy",
        agent_count: agents.len(),
        agents,
        workflow_count: workflows.len(),
        workflows,
        timestamp,
        mode: "azure_function_agent",
        endpoints: Endpoints {
            chat: "/api/agents/{agent_name}/chat",
            info: "/api/agents/{agent_name}/info",
            list: "/api/agents",
            health: "/api/health",
        },
        features: Features {
            streaming_enabled: false,
            streaming_available: false,
            streaming_method: None,
            a2a_protocol: false,
        },
    };
    respond::json(StatusCode::OK, &body)
}

#[derive(Debug, Serialize)]
struct Healthy<'a> {
    status: &'static str,
    agents: Vec<AgentHealth<'a>>,
    agent_count: usize,
    workflows: Vec<WorkflowHealth>,
    workflow_count: usize,
    timestamp: String,
    mode: &'static str,
    endpoints: Endpoints,
    features: Features,
}

#[derive(Debug, Serialize)]
struct WorkflowHealth {
    name: &'static str,
    executors: Vec<&'static str>,
    version: &'static str,
    http_enabled: bool,
    mcp_tool_enabled: bool,
}

#[derive(Debug, Serialize)]
struct Endpoints {
    chat: &'static str,
    info: &'static str,
    list: &'static str,
    health: &'static str,
}

#[derive(Debug, Serialize)]
struct Features {
    streaming_enabled: bool,
    streaming_available: bool,
    streaming_method: Option<&'static str>,
    a2a_protocol: bool,
}

#[derive(Debug, Serialize)]
struct AgentHealth<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    http_endpoint_enabled: bool,
    mcp_tool_enabled: bool,
}

#[derive(Debug, Serialize)]
struct Unhealthy {
    status: &'static str,
    timestamp: String,
    error: String,
}
