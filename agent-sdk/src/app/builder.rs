//! Collects an application.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    Activity, EntityType, Executor, Orchestrator, Registry, RegistryError, RegistryProblem,
};

use super::check::{check_agent, check_tools, duplicates, warn_of_loose_tools};
use super::{App, AppError, AppProblem};
use crate::agent::{Agent, AgentDefinition};
use crate::durable::{MODEL_ACTIVITY, RUN_ORCHESTRATION, TOOL_ACTIVITY};
use crate::model::ChatModel;
use crate::tool::{MissingResource, Resources};
use crate::workflow::durable::{HostedWorkflows, Root, WorkflowProblem};
use crate::workflow::{Graph, NodeCode, Workflow};

/// Names under which agents run, which no code of the application can have.
const NAMES_OF_RUNS: [&str; 3] = [RUN_ORCHESTRATION, MODEL_ACTIVITY, TOOL_ACTIVITY];

/// An agent, and the type that it was added by.
struct AddedAgent {
    definition: AgentDefinition,
    type_id: Option<TypeId>,
}

/// Collects an application.
#[derive(Default)]
pub struct AppBuilder {
    agents: Vec<AddedAgent>,
    workflows: Vec<Root>,
    resources: Resources,
    repeated_resources: Vec<&'static str>,
    model: Option<Arc<dyn ChatModel>>,
    session_ttl: Option<Duration>,
    registry: Registry,
    registry_problems: Vec<AppProblem>,
}

impl std::fmt::Debug for AppBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let agents: Vec<&AgentDefinition> = self.definitions().collect();
        f.debug_struct("AppBuilder")
            .field("agents", &agents)
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}

impl AppBuilder {
    /// Adds an agent.
    #[must_use]
    pub fn agent<A: Agent>(mut self) -> Self {
        self.agents.push(AddedAgent {
            definition: A::definition(),
            type_id: Some(TypeId::of::<A>()),
        });
        self
    }

    /// Adds an agent that is a value.
    #[must_use]
    pub fn agent_definition(mut self, definition: AgentDefinition) -> Self {
        self.agents.push(AddedAgent {
            definition,
            type_id: None,
        });
        self
    }

    /// Adds a workflow with everything that it reaches: its executors, agents and sub-workflows.
    /// Agents that are only nodes can't be asked from outside.
    #[must_use]
    pub fn workflow<W: Workflow>(self) -> Self {
        self.add_workflow::<W>(true)
    }

    /// Adds an earlier version of a workflow, of the same name: it finishes the runs that it has.
    /// New ones are of the version that [`workflow`](Self::workflow) adds, if there is one.
    #[must_use]
    pub fn workflow_version<W: Workflow>(self) -> Self {
        self.add_workflow::<W>(false)
    }

    fn add_workflow<W: Workflow>(mut self, is_current: bool) -> Self {
        self.workflows.push(Root {
            graph: W::GRAPH,
            type_id: TypeId::of::<W>(),
            type_name: std::any::type_name::<W>(),
            is_current,
        });
        self
    }

    /// Adds a workflow that is a value.
    #[must_use]
    pub fn workflow_graph(mut self, graph: &'static Graph, is_current: bool) -> Self {
        self.workflows.push(Root {
            graph,
            type_id: TypeId::of::<&'static Graph>(),
            type_name: graph.name,
            is_current,
        });
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
            || !HostedWorkflows::collect(&self.workflows, [])
                .0
                .agents
                .is_empty()
    }

    fn definitions(&self) -> impl Iterator<Item = &AgentDefinition> {
        self.agents.iter().map(|agent| &agent.definition)
    }

    /// Checks everything and reports all problems at once.
    pub fn build(mut self) -> Result<App, AppError> {
        self.registry.resources(&self.resources);
        let names = self.definitions().map(|agent| agent.name.as_ref());
        let (workflows, wrong) = HostedWorkflows::collect(&self.workflows, names);
        let problems = self.problems(&workflows, wrong);
        if !problems.is_empty() {
            return Err(AppError { problems });
        }
        let of_nodes = workflows.agents.values().map(|agent| &agent.definition);
        self.definitions()
            .chain(of_nodes)
            .for_each(warn_of_loose_tools);
        let by_name = |agent: AddedAgent| {
            let definition = agent.definition;
            (definition.name.to_lowercase(), Arc::new(definition))
        };
        Ok(App {
            agents: Arc::new(self.agents.into_iter().map(by_name).collect()),
            workflows: Arc::new(workflows),
            resources: Arc::new(self.resources),
            model: self.model,
            session_ttl: self.session_ttl,
            registry: self.registry,
            large_values: Arc::default(),
        })
    }

    fn problems(
        &self,
        workflows: &HostedWorkflows,
        wrong: Vec<WorkflowProblem>,
    ) -> Vec<AppProblem> {
        let mut problems = Vec::new();
        let has_code = !self.registry.is_empty()
            || !self.registry_problems.is_empty()
            || !workflows.is_empty();
        if self.agents.is_empty() && !has_code {
            problems.push(AppProblem::NoAgent);
        }
        let duplicates = duplicates(self.definitions().map(|agent| agent.name.as_ref()));
        if !duplicates.is_empty() {
            problems.push(AppProblem::DuplicateAgents { names: duplicates });
        }
        for type_name in &self.repeated_resources {
            problems.push(AppProblem::DuplicateResource { type_name });
        }
        let of_nodes = self.agents_of_nodes_alone(workflows, &mut problems);
        for agent in self.definitions().chain(of_nodes) {
            check_agent(agent, &mut problems);
            check_tools(agent, &self.resources, &mut problems);
        }
        problems.extend(wrong.into_iter().map(AppProblem::Workflow));
        self.check_workflows(workflows, &mut problems);
        problems.extend(self.registry_problems.iter().cloned());
        for problem in self.registry.check() {
            if let RegistryProblem::MissingResource(missing) = problem {
                problems.push(AppProblem::MissingResource(missing));
            }
        }
        let has_agents = !self.agents.is_empty() || !workflows.agents.is_empty();
        if (has_agents || !has_code) && self.model.is_none() {
            problems.push(AppProblem::NoModel);
        }
        problems
    }

    /// Agents that were not added by themselves, if they have names of their own.
    fn agents_of_nodes_alone<'a>(
        &self,
        workflows: &'a HostedWorkflows,
        problems: &mut Vec<AppProblem>,
    ) -> Vec<&'a AgentDefinition> {
        let mut alone = Vec::new();
        for (key, node) in &workflows.agents {
            let mut added = self.agents.iter();
            match added.find(|added| added.definition.name.to_lowercase() == *key) {
                None => alone.push(&node.definition),
                Some(added) if added.type_id == Some(node.type_id) => {}
                Some(added) => problems.push(AppProblem::DuplicateAgents {
                    names: vec![added.definition.name.to_string()],
                }),
            }
        }
        alone
    }

    /// What executors need.
    fn check_workflows(&self, workflows: &HostedWorkflows, problems: &mut Vec<AppProblem>) {
        for hosted in workflows.all() {
            let workflow = hosted.graph.name;
            for node in hosted.graph.nodes {
                let Some(NodeCode::Executor(code)) = node.code() else {
                    continue;
                };
                for need in self.resources.missing(&code.needs) {
                    problems.push(AppProblem::MissingResource(MissingResource {
                        needed_by: format!("node `{}` of workflow `{workflow}`", node.id),
                        type_name: (need.type_name)(),
                    }));
                }
            }
        }
    }
}
