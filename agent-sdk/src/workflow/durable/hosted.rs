//! Everything that the workflows of an application consist of, and what is wrong with it.

mod check;
#[cfg(test)]
mod tests;

use std::any::TypeId;
use std::collections::BTreeMap;

use crate::agent::AgentDefinition;
use crate::workflow::caught::caught;
use crate::workflow::{Graph, NodeCode, NodeDefinition};

use super::WorkflowProblem;

/// A workflow as it was added to an application.
#[derive(Clone)]
pub(crate) struct Root {
    pub(crate) graph: &'static Graph,
    pub(crate) type_id: TypeId,
    pub(crate) type_name: &'static str,
    /// Whether new runs are of this version.
    pub(crate) is_current: bool,
}

/// A workflow that an application can run.
#[derive(Clone)]
pub(crate) struct Hosted {
    pub(crate) graph: &'static Graph,
    type_id: TypeId,
    type_name: &'static str,
    /// Whether new runs are of this version.
    pub(crate) is_current: bool,
    /// Whether it was added by itself, and not only as a node of others.
    pub(crate) is_root: bool,
}

/// An agent that is a node.
#[derive(Clone)]
pub(crate) struct NodeAgent {
    pub(crate) definition: AgentDefinition,
    pub(crate) type_id: TypeId,
}

/// What an application can run: every workflow that it reaches, once, and their agents.
#[derive(Clone, Default)]
pub(crate) struct HostedWorkflows {
    /// By lower-cased name; its versions in the order in which they were found.
    workflows: BTreeMap<String, Vec<Hosted>>,
    /// By lower-cased name.
    pub(crate) agents: BTreeMap<String, NodeAgent>,
}

impl HostedWorkflows {
    /// Everything that is reached from what was added, and all problems. `agents` are the names of
    /// the application's own.
    pub(crate) fn collect<'a>(
        roots: &[Root],
        agents: impl IntoIterator<Item = &'a str>,
    ) -> (Self, Vec<WorkflowProblem>) {
        let mut collector = Collector::default();
        for root in roots {
            let hosted = Hosted {
                graph: root.graph,
                type_id: root.type_id,
                type_name: root.type_name,
                is_current: root.is_current,
                is_root: true,
            };
            collector.visit(hosted);
        }
        let Collector {
            found,
            mut problems,
            ..
        } = collector;
        check::names(&found, agents, &mut problems);
        (found, problems)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.workflows.is_empty()
    }

    /// Every version of every workflow.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Hosted> {
        self.workflows.values().flatten()
    }

    /// Every name with its versions.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = &[Hosted]> {
        self.workflows.values().map(Vec::as_slice)
    }

    /// The workflow that new runs of a name are of, if it was added by itself.
    pub(crate) fn root(&self, name: &str) -> Option<&'static Graph> {
        let versions = self.workflows.get(&name.to_lowercase())?;
        let mut roots = versions.iter().filter(|hosted| hosted.is_root);
        let current = roots.clone().find(|hosted| hosted.is_current);
        current.or_else(|| roots.next()).map(|hosted| hosted.graph)
    }

    /// All that were added by themselves, as new runs see them.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &'static Graph> {
        self.workflows.keys().filter_map(|name| self.root(name))
    }

    /// A version of a workflow, also of one that is only a node.
    pub(crate) fn version(&self, name: &str, version: &str) -> Option<&'static Graph> {
        let versions = self.workflows.get(&name.to_lowercase())?;
        let found = versions
            .iter()
            .find(|hosted| hosted.graph.version == version);
        found.map(|hosted| hosted.graph)
    }
}

impl Hosted {
    /// Whether both are the same workflow, reached twice.
    fn is_same(&self, other: &Self) -> bool {
        let same_code = self.type_id == other.type_id || std::ptr::eq(self.graph, other.graph);
        same_code
            && self.graph.name == other.graph.name
            && self.graph.version == other.graph.version
    }

    pub(crate) fn owner(&self) -> String {
        format!("workflow `{}` ({})", self.graph.name, self.type_name)
    }
}

#[derive(Default)]
struct Collector {
    found: HostedWorkflows,
    problems: Vec<WorkflowProblem>,
    /// From the root to where it looks now.
    path: Vec<Hosted>,
    agent_owners: BTreeMap<String, &'static str>,
}

impl Collector {
    fn visit(&mut self, hosted: Hosted) {
        if let Some(begins) = self.path.iter().position(|outer| outer.is_same(&hosted)) {
            let round = self.path[begins..].iter().chain([&hosted]);
            let names: Vec<&str> = round.map(|hosted| hosted.graph.name).collect();
            let problem = WorkflowProblem::ContainsItself {
                path: names.join(" > "),
            };
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
            return;
        }
        if !self.is_news(&hosted) {
            return;
        }
        if let Some(why) = hosted.graph.unfinished() {
            self.problems.push(WorkflowProblem::Unfinished {
                name: hosted.graph.name.to_owned(),
                owner: hosted.type_name,
                why,
            });
        }
        let is_current = hosted.is_current;
        let (graph, owner) = (hosted.graph, hosted.graph.name);
        self.path.push(hosted);
        for node in graph.nodes {
            let definition = match node.defined() {
                Ok(definition) => definition,
                Err(problem) => {
                    self.panicked(owner, node.id, problem);
                    continue;
                }
            };
            match &definition.code {
                NodeCode::Workflow(graph) => self.visit(Hosted {
                    graph,
                    type_id: definition.type_id,
                    type_name: definition.type_name,
                    is_current,
                    is_root: false,
                }),
                NodeCode::Agent(agent) => match caught(agent) {
                    Ok(agent) => self.agent(&agent, &definition, owner, node.id),
                    Err(problem) => self.panicked(owner, node.id, problem),
                },
                NodeCode::Executor(_) | NodeCode::Port(_) => {}
            }
        }
        self.path.pop();
    }

    fn panicked(&mut self, workflow: &str, node: &str, problem: String) {
        self.problems.push(WorkflowProblem::Definition {
            workflow: workflow.to_owned(),
            node: node.to_owned(),
            problem,
        });
    }

    /// Keeps a workflow. Whether what it contains has to be looked at.
    fn is_news(&mut self, hosted: &Hosted) -> bool {
        let name = hosted.graph.name.to_lowercase();
        let versions = self.found.workflows.entry(name).or_default();
        if let Some(known) = versions.iter_mut().find(|known| known.is_same(hosted)) {
            known.is_root |= hosted.is_root;
            let news = hosted.is_current && !known.is_current;
            known.is_current |= hosted.is_current;
            if !news {
                return false;
            }
        } else {
            versions.push(hosted.clone());
        }
        let clash = versions.iter().find(|other| {
            let same_version = other.graph.version == hosted.graph.version;
            !other.is_same(hosted) && (same_version || (other.is_current && hosted.is_current))
        });
        if let Some(other) = clash {
            self.problems.push(WorkflowProblem::TwoOfOneName {
                name: hosted.graph.name.to_owned(),
                first: other.type_name,
                second: hosted.type_name,
            });
        }
        true
    }

    fn agent(
        &mut self,
        agent: &AgentDefinition,
        node: &NodeDefinition,
        workflow: &'static str,
        id: &'static str,
    ) {
        let key = agent.name.to_lowercase();
        let owner = *self
            .agent_owners
            .entry(key.clone())
            .or_insert(node.type_name);
        let known = self.found.agents.entry(key).or_insert_with(|| NodeAgent {
            definition: agent.clone(),
            type_id: node.type_id,
        });
        if known.type_id != node.type_id {
            self.problems.push(WorkflowProblem::TwoAgentsOfOneName {
                name: agent.name.to_string(),
                first: owner,
                second: node.type_name,
                place: format!("node `{id}` of workflow `{workflow}`"),
            });
        }
    }
}
