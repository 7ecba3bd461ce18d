//! What an application consists of, and whether it can run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::agent::{Agent, AgentDefinition, Runner};
use crate::model::ChatModel;
use crate::tool::{MissingResource, Resources};

/// Names that no agent can have, because routes begin with them.
pub const AGENT_NAMES_RESERVED: [&str; 5] = ["agents", "health", "tasks", "admin", "runtime"];

/// The longest name of a tool or an output type, in characters.
const MODEL_NAME_CHARS_MAX: usize = 64;

/// A checked application: its agents, their model and what their tools need. Clones share it all.
#[derive(Clone)]
pub struct App {
    /// By lower-cased name.
    agents: Arc<BTreeMap<String, Arc<AgentDefinition>>>,
    resources: Arc<Resources>,
    model: Arc<dyn ChatModel>,
    session_ttl: Option<Duration>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("agents", &self.agent_names())
            .field("resources", &self.resources)
            .field("provider", &self.model.provider())
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

    /// The model that the agents ask.
    pub fn model(&self) -> &Arc<dyn ChatModel> {
        &self.model
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
        let (model, resources) = (Arc::clone(&self.model), Arc::clone(&self.resources));
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
        json!({ "agents": agents, "provider": self.model.provider() })
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

    /// Registers a value by its type, for the tools that take it by reference.
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

    /// Checks everything and reports all problems at once.
    pub fn build(self) -> Result<App, AppError> {
        let mut problems = self.problems();
        let Some(model) = self.model else {
            problems.push(AppProblem::NoModel);
            return Err(AppError { problems });
        };
        if !problems.is_empty() {
            return Err(AppError { problems });
        }
        self.agents.iter().for_each(warn_of_loose_tools);
        let by_name = |agent: AgentDefinition| (agent.name.to_lowercase(), Arc::new(agent));
        Ok(App {
            agents: Arc::new(self.agents.into_iter().map(by_name).collect()),
            resources: Arc::new(self.resources),
            model,
            session_ttl: self.session_ttl,
        })
    }

    fn problems(&self) -> Vec<AppProblem> {
        let mut problems = Vec::new();
        if self.agents.is_empty() {
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

/// Why an application can't run: every problem that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppError {
    /// At least one.
    pub problems: Vec<AppProblem>,
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for AppError {}

/// One reason why an application can't run. All are final until the program is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppProblem {
    /// There is nothing to host.
    #[error("Must provide at least one agent; add `.agent::<YourAgent>()`")]
    NoAgent,
    /// There is no model to ask.
    #[error("no model is set; add `.model(..)`")]
    NoModel,
    /// Names must differ in more than case, since hubs lower-case them.
    #[error("Duplicate agent names found: {names:?} (case does not count)")]
    DuplicateAgents {
        /// Each name once, as it was first written.
        names: Vec<String>,
    },
    /// The name begins a route of the host.
    #[error(
        "agent `{name}` has a reserved name; `agents`, `health`, `tasks`, `admin` and `runtime` \
         begin routes of the host"
    )]
    ReservedName {
        /// The name.
        name: String,
    },
    /// The name can't be part of a key.
    #[error("agent `{name}` has a name that no hub can store: {source}")]
    InvalidName {
        /// The name.
        name: String,
        /// What is wrong with it.
        source: durable_task::IdError,
    },
    /// A limit that must be at least one is zero.
    #[error("agent `{agent}`: `{limit}` must not be zero")]
    ZeroLimit {
        /// The agent.
        agent: String,
        /// The limit's name.
        limit: &'static str,
    },
    /// Providers refuse the name of the output type.
    #[error("agent `{agent}`: output type `{name}` must match [a-zA-Z0-9_-]{{1,64}}")]
    InvalidOutputName {
        /// The agent.
        agent: String,
        /// The name.
        name: String,
    },
    /// Providers refuse the tool's name.
    #[error("agent `{agent}`: tool `{tool}` must match [a-zA-Z0-9_-]{{1,64}}")]
    InvalidToolName {
        /// The agent.
        agent: String,
        /// The tool.
        tool: String,
    },
    /// A tool that demands strict mode has a schema that does not allow it.
    #[error("agent `{agent}`: the schema of tool `{tool}` does not fit strict mode: {problem}")]
    NotStrict {
        /// The agent.
        agent: String,
        /// The tool.
        tool: String,
        /// What does not fit.
        problem: String,
    },
    /// Two tools of one agent have the same name.
    #[error("agent `{agent}` has two tools named `{tool}`")]
    DuplicateTool {
        /// The agent.
        agent: String,
        /// The tool.
        tool: String,
    },
    /// A tool needs what nobody registered.
    #[error(transparent)]
    MissingResource(MissingResource),
    /// Two values of one type: a tool could not say which it means.
    #[error("two resources of type `{type_name}` are registered; wrap one in a type of its own")]
    DuplicateResource {
        /// The type.
        type_name: &'static str,
    },
}

#[cfg(test)]
mod tests;
