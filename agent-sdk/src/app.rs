//! What an application consists of, and whether it can run.

mod problem;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    Activity, EntityType, Executor, Orchestrator, Registry, RegistryError, RegistryProblem,
};
use serde_json::{Value, json};

use crate::agent::{Agent, AgentDefinition, Runner};
use crate::durable::{MODEL_ACTIVITY, RUN_ORCHESTRATION, TOOL_ACTIVITY};
use crate::model::ChatModel;
use crate::tool::{MissingResource, Resources};

pub use problem::{AppError, AppProblem};

/// Names that no agent can have, because routes begin with them.
pub const AGENT_NAMES_RESERVED: [&str; 5] = ["agents", "health", "tasks", "admin", "runtime"];

/// The longest name of a tool or an output type, in characters.
const MODEL_NAME_CHARS_MAX: usize = 64;

/// Names under which agents run, which no code of the application can have.
const NAMES_OF_RUNS: [&str; 3] = [RUN_ORCHESTRATION, MODEL_ACTIVITY, TOOL_ACTIVITY];

/// A checked application: its agents, their model and what their tools need; its orchestrators,
/// executors and entities. Clones share it all.
#[derive(Clone)]
pub struct App {
    /// By lower-cased name.
    agents: Arc<BTreeMap<String, Arc<AgentDefinition>>>,
    resources: Arc<Resources>,
    /// There is one if there are agents.
    model: Option<Arc<dyn ChatModel>>,
    session_ttl: Option<Duration>,
    registry: Registry,
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
        json!({
            "agents": agents,
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

    fn agent_names(&self) -> Vec<&str> {
        self.agents().map(|agent| agent.name.as_ref()).collect()
    }
}

fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Collects an application.
#[derive(Default)]
pub struct AppBuilder {
    agents: Vec<AgentDefinition>,
    resources: Resources,
    repeated_resources: Vec<&'static str>,
    model: Option<Arc<dyn ChatModel>>,
    session_ttl: Option<Duration>,
    registry: Registry,
    registry_problems: Vec<AppProblem>,
}

impl std::fmt::Debug for AppBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppBuilder")
            .field("agents", &self.agents)
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}

impl AppBuilder {
    /// Adds an agent.
    #[must_use]
    pub fn agent<A: Agent>(self) -> Self {
        self.agent_definition(A::definition())
    }

    /// Adds an agent that is a value.
    #[must_use]
    pub fn agent_definition(mut self, definition: AgentDefinition) -> Self {
        self.agents.push(definition);
        self
    }

    /// Adds an orchestrator.
    #[must_use]
    pub fn orchestrator<O: Orchestrator>(self) -> Self {
        self.add("orchestrator", O::NAME, Registry::orchestrator::<O>)
    }

    /// Adds a function that has `#[executor]`.
    #[must_use]
    pub fn executor<E: Executor>(self) -> Self {
        self.add("activity", E::NAME, E::register)
    }

    /// Adds a type that has `#[entity]` on its operations.
    #[must_use]
    pub fn entity<E: EntityType>(self) -> Self {
        self.add("entity", E::NAME, Registry::entity_type::<E>)
    }

    /// Adds an activity that is a value.
    #[must_use]
    pub fn activity<A: Activity>(self, activity: A) -> Self {
        self.add("activity", A::NAME, |registry| registry.activity(activity))
    }

    /// Adds code as a worker registers it. What is wrong is told with everything else that may be.
    #[must_use]
    pub fn register(
        mut self,
        add: impl FnOnce(&mut Registry) -> Result<(), RegistryError>,
    ) -> Self {
        let problem = add(&mut self.registry).err().map(AppProblem::Registry);
        self.registry_problems.extend(problem);
        self
    }

    fn add(
        mut self,
        kind: &'static str,
        name: &str,
        register: impl FnOnce(&mut Registry) -> Result<(), RegistryError>,
    ) -> Self {
        let lower = name.to_lowercase();
        let session_prefix = crate::agent::entity_name("");
        if NAMES_OF_RUNS.contains(&lower.as_str()) || lower.starts_with(&session_prefix) {
            let name = name.to_owned();
            let problem = AppProblem::NameOfAgents { kind, name };
            self.registry_problems.push(problem);
        } else if let Err(error) = register(&mut self.registry) {
            self.registry_problems.push(AppProblem::Registry(error));
        }
        self
    }

    /// Registers a value by its type, for the tools and executors that take it by reference.
    #[must_use]
    pub fn resource<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        if self.resources.insert(value) {
            self.repeated_resources.push(std::any::type_name::<T>());
        }
        self
    }

    /// Sets the model that the agents ask.
    #[must_use]
    pub fn model(mut self, model: Arc<dyn ChatModel>) -> Self {
        self.model = Some(model);
        self
    }

    /// Sets how long sessions are kept after their last turn, where the agent does not say.
    #[must_use]
    pub fn session_ttl(mut self, ttl: Duration) -> Self {
        self.session_ttl = Some(ttl);
        self
    }

    /// Whether a model was set.
    pub fn has_model(&self) -> bool {
        self.model.is_some()
    }

    /// Whether there are agents, which need a model.
    pub fn has_agents(&self) -> bool {
        !self.agents.is_empty()
    }

    /// Checks everything and reports all problems at once.
    pub fn build(mut self) -> Result<App, AppError> {
        self.registry.resources(&self.resources);
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(AppError { problems });
        }
        self.agents.iter().for_each(warn_of_loose_tools);
        let by_name = |agent: AgentDefinition| (agent.name.to_lowercase(), Arc::new(agent));
        Ok(App {
            agents: Arc::new(self.agents.into_iter().map(by_name).collect()),
            resources: Arc::new(self.resources),
            model: self.model,
            session_ttl: self.session_ttl,
            registry: self.registry,
        })
    }

    fn problems(&self) -> Vec<AppProblem> {
        let mut problems = Vec::new();
        let has_code = !self.registry.is_empty() || !self.registry_problems.is_empty();
        if self.agents.is_empty() && !has_code {
            problems.push(AppProblem::NoAgent);
        }
        let duplicates = duplicates(self.agents.iter().map(|agent| agent.name.as_ref()));
        if !duplicates.is_empty() {
            problems.push(AppProblem::DuplicateAgents { names: duplicates });
        }
        for type_name in &self.repeated_resources {
            problems.push(AppProblem::DuplicateResource { type_name });
        }
        for agent in &self.agents {
            check_agent(agent, &mut problems);
            check_tools(agent, &self.resources, &mut problems);
        }
        problems.extend(self.registry_problems.iter().cloned());
        for problem in self.registry.check() {
            if let RegistryProblem::MissingResource(missing) = problem {
                problems.push(AppProblem::MissingResource(missing));
            }
        }
        let needs_model = !self.agents.is_empty() || !has_code;
        if needs_model && self.model.is_none() {
            problems.push(AppProblem::NoModel);
        }
        problems
    }
}

/// Says which tools a provider can't hold the model to: it may then write arguments that do not
/// fit.
fn warn_of_loose_tools(agent: &AgentDefinition) {
    for tool in &agent.tools {
        if let Some(problem) = tool.strict_problem() {
            let (agent, tool) = (agent.name.as_ref(), tool.name);
            tracing::warn!(agent, tool, %problem, "the tool is sent to models as not strict");
        }
    }
}

/// Names that are there more than once when case does not count, each as it was first written.
fn duplicates<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    for name in names {
        seen.entry(name.to_lowercase()).or_insert((name, 0)).1 += 1;
    }
    let repeated = seen.into_values().filter(|(_, count)| *count > 1);
    repeated.map(|(name, _)| name.to_owned()).collect()
}

fn check_agent(agent: &AgentDefinition, problems: &mut Vec<AppProblem>) {
    let name = agent.name.to_string();
    let is_reserved = |word: &&str| word.eq_ignore_ascii_case(&name);
    if AGENT_NAMES_RESERVED.iter().any(is_reserved) {
        problems.push(AppProblem::ReservedName { name: name.clone() });
    }
    let entity = crate::agent::entity_name(&name);
    let checked = durable_task::check_id(&name)
        .and_then(|()| durable_task::EntityId::new(entity, "key").map(drop));
    if let Err(source) = checked {
        problems.push(AppProblem::InvalidName {
            name: name.clone(),
            source,
        });
    }
    let limits = [
        ("model_attempts_max", agent.model_attempts_max == 0),
        ("queued_runs_max", agent.queued_runs_max == 0),
        ("timeout", agent.timeout.is_zero()),
    ];
    for (limit, _) in limits.into_iter().filter(|(_, is_zero)| *is_zero) {
        let agent = name.clone();
        problems.push(AppProblem::ZeroLimit { agent, limit });
    }
    if let Some(output) = agent
        .output
        .as_ref()
        .filter(|output| !is_model_name(&output.name))
    {
        problems.push(AppProblem::InvalidOutputName {
            agent: name,
            name: output.name.clone(),
        });
    }
}

fn check_tools(agent: &AgentDefinition, resources: &Resources, problems: &mut Vec<AppProblem>) {
    for tool in &agent.tools {
        if !is_model_name(tool.name) {
            problems.push(AppProblem::InvalidToolName {
                agent: agent.name.to_string(),
                tool: tool.name.to_owned(),
            });
        }
        if let Some(source) = tool.strict_problem().filter(|_| tool.strict) {
            problems.push(AppProblem::NotStrict {
                agent: agent.name.to_string(),
                tool: tool.name.to_owned(),
                problem: source.to_string(),
            });
        }
        for need in resources.missing(&tool.needs) {
            problems.push(AppProblem::MissingResource(MissingResource {
                needed_by: format!("tool `{}` of agent `{}`", tool.name, agent.name),
                type_name: (need.type_name)(),
            }));
        }
    }
    let mut seen = BTreeMap::new();
    for tool in &agent.tools {
        let count = seen.entry(tool.name).or_insert(0_usize);
        *count += 1;
        if *count == 2 {
            problems.push(AppProblem::DuplicateTool {
                agent: agent.name.to_string(),
                tool: tool.name.to_owned(),
            });
        }
    }
}

/// `[a-zA-Z0-9_-]{1,64}`: what every provider takes as the name of a tool or a schema.
fn is_model_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= MODEL_NAME_CHARS_MAX && name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests;
