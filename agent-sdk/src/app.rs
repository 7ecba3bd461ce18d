//! What an application consists of, and whether it can run.

mod builder;
mod check;
mod manifest;
mod problem;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durable_task::Registry;

use crate::agent::{AgentDefinition, Runner};
use crate::model::ChatModel;
use crate::tool::Resources;
use crate::workflow::Graph;
use crate::workflow::durable::{HostedWorkflows, LargeValues};

pub use builder::AppBuilder;
pub use problem::{AppError, AppProblem};

/// Names that no agent can have, because routes begin with them.
pub const AGENT_NAMES_RESERVED: [&str; 5] = ["agents", "health", "tasks", "admin", "runtime"];

/// A checked application: its agents, their model and what their tools need; its orchestrators,
/// executors and entities. Clones share it all.
#[derive(Clone)]
pub struct App {
    /// By lower-cased name.
    agents: Arc<BTreeMap<String, Arc<AgentDefinition>>>,
    workflows: Arc<HostedWorkflows>,
    resources: Arc<Resources>,
    /// There is one if there are agents.
    model: Option<Arc<dyn ChatModel>>,
    session_ttl: Option<Duration>,
    registry: Registry,
    /// Of the runs of workflows.
    large_values: Arc<LargeValues>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("agents", &self.agent_names())
            .field("resources", &self.resources)
            .field("provider", &self.provider())
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Begins an application.
    pub fn builder() -> AppBuilder {
        AppBuilder::default()
    }

    /// An agent by its name, whose case does not count.
    pub fn agent(&self, name: &str) -> Option<&AgentDefinition> {
        self.agents.get(&name.to_lowercase()).map(Arc::as_ref)
    }

    /// All agents, in the order of their lower-cased names.
    pub fn agents(&self) -> impl Iterator<Item = &AgentDefinition> {
        self.agents.values().map(Arc::as_ref)
    }

    /// An agent by its name, also one that only workflows ask.
    pub(crate) fn any_agent(&self, name: &str) -> Option<&AgentDefinition> {
        let of_node = || self.workflows.agents.get(&name.to_lowercase());
        self.agent(name)
            .or_else(|| of_node().map(|agent| &agent.definition))
    }

    /// All agents, with those that only workflows ask.
    pub(crate) fn all_agents(&self) -> impl Iterator<Item = &AgentDefinition> {
        let of_nodes = self.workflows.agents.iter();
        let hidden = of_nodes.filter(|(name, _)| !self.agents.contains_key(*name));
        self.agents()
            .chain(hidden.map(|(_, agent)| &agent.definition))
    }

    /// The workflows that were added by themselves, in the order of their lower-cased names. Those
    /// that are only nodes of others are not listed.
    pub fn workflows(&self) -> impl Iterator<Item = &'static Graph> {
        self.workflows.roots()
    }

    /// A workflow that was added by itself, by its name, whose case does not count: the version
    /// that new runs have.
    pub fn workflow(&self, name: &str) -> Option<&'static Graph> {
        self.workflows.root(name)
    }

    /// Everything that the workflows consist of.
    pub(crate) fn hosted_workflows(&self) -> &HostedWorkflows {
        &self.workflows
    }

    /// The large values that runs of workflows needed last.
    pub(crate) fn large_values(&self) -> &LargeValues {
        &self.large_values
    }

    /// The model that the agents ask; `None` only where there are no agents.
    pub fn model(&self) -> Option<&Arc<dyn ChatModel>> {
        self.model.as_ref()
    }

    fn provider(&self) -> Option<&str> {
        self.model.as_ref().map(|model| model.provider())
    }

    /// The application's own orchestrators, executors and entities.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What the tools take by reference.
    pub fn resources(&self) -> &Arc<Resources> {
        &self.resources
    }

    /// How long a session of an agent is kept after its last turn: as the agent says, else as the
    /// application says, else for ever.
    pub fn session_ttl(&self, agent: &AgentDefinition) -> Option<Duration> {
        agent.session_ttl.or(self.session_ttl)
    }

    /// Runs one of the agents in memory.
    pub fn runner(&self, name: &str) -> Option<Runner> {
        let definition = self.agents.get(&name.to_lowercase())?;
        let (model, resources) = (Arc::clone(self.model()?), Arc::clone(&self.resources));
        Some(Runner::with_resources(
            Arc::clone(definition),
            model,
            resources,
        ))
    }

    fn agent_names(&self) -> Vec<&str> {
        self.agents().map(|agent| agent.name.as_ref()).collect()
    }
}

#[cfg(test)]
mod tests;
