//! An application as data.

use std::time::Duration;

use serde_json::{Value, json};

use super::App;
use crate::agent::AgentDefinition;
use crate::workflow::durable::Hosted;

impl App {
    /// What is hosted, as data; nothing runs for it.
    pub fn manifest(&self) -> Value {
        let agents: Vec<Value> = self
            .agents()
            .map(|agent| self.agent_manifest(agent))
            .collect();
        let registry = &self.registry;
        let orchestrators: Vec<Value> = registry
            .orchestrator_names()
            .map(|(name, version)| json!({ "name": name, "version": version }))
            .collect();
        let workflows: Vec<Value> = self.workflows.all().map(workflow_manifest).collect();
        json!({
            "agents": agents,
            "workflows": workflows,
            "provider": self.provider(),
            "orchestrators": orchestrators,
            "activities": registry.activity_names().collect::<Vec<_>>(),
            "entities": registry.entity_names().collect::<Vec<_>>(),
        })
    }

    fn agent_manifest(&self, agent: &AgentDefinition) -> Value {
        let tools: Vec<Value> = agent
            .tools
            .iter()
            .map(|tool| {
                let needs: Vec<&str> = tool.needs.iter().map(|need| (need.type_name)()).collect();
                json!({
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "resources": needs,
                    "timeout_ms": tool.timeout.map(as_millis),
                })
            })
            .collect();
        let output = agent.output.as_ref();
        json!({
            "name": agent.name,
            "description": agent.description,
            "version": agent.version,
            "model": agent.model,
            "tools": tools,
            "output": output.map(|output| json!({"name": output.name, "schema": output.schema})),
            "tool_rounds_max": agent.tool_rounds_max,
            "model_attempts_max": agent.model_attempts_max,
            "timeout_ms": as_millis(agent.timeout),
            "session_ttl_ms": self.session_ttl(agent).map(as_millis),
            "queued_runs_max": agent.queued_runs_max,
        })
    }
}

fn workflow_manifest(hosted: &Hosted) -> Value {
    let graph = hosted.graph;
    let nodes: Vec<Value> = graph
        .nodes
        .iter()
        .map(|node| {
            let definition = node.defined().ok();
            let kind = |code| format!("{code:?}").to_lowercase();
            json!({
                "id": node.id,
                "kind": definition.as_ref().map(|definition| kind(&definition.code)),
                "name": definition.as_ref().map(|definition| definition.name),
                "each": node.each,
            })
        })
        .collect();
    json!({
        "name": graph.name,
        "description": graph.description,
        "version": graph.version,
        "current": hosted.is_current,
        "nested_only": !hosted.is_root,
        "nodes": nodes,
        "input": (graph.input.schema)(),
        "output": (graph.output.schema)(),
        "supersteps_max": graph.supersteps_max,
        "timeout_ms": graph.timeout.map(as_millis),
    })
}

fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
