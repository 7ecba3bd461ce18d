//! Names: those that no hub or platform takes, and those that two things would have.

use std::collections::{BTreeMap, BTreeSet};

use crate::agent::entity_name;
use crate::workflow::durable::WorkflowProblem;
use crate::workflow::durable::names::{
    HTTP_FUNCTIONS, activity_name, node_id_problem, orchestration_name, workflow_name_problem,
};
use crate::workflow::{GraphNode, NodeCode};

use super::{Hosted, HostedWorkflows};

/// Checks the names of all workflows, nodes and agents against each other.
pub(super) fn names<'a>(
    found: &HostedWorkflows,
    agents: impl IntoIterator<Item = &'a str>,
    problems: &mut Vec<WorkflowProblem>,
) {
    let mut names = Names {
        owners: BTreeMap::new(),
        problems,
    };
    for versions in found.by_name() {
        names.workflow(versions);
    }
    let of_nodes = found.agents.values().map(|agent| &*agent.definition.name);
    let mut seen = BTreeSet::new();
    let mut take = |name: &str| {
        // Agents of one name are told of elsewhere.
        if seen.insert(name.to_lowercase()) {
            names.take(entity_name(name), format!("agent `{name}`"));
        }
    };
    agents.into_iter().for_each(&mut take);
    of_nodes.for_each(take);
}

struct Names<'a> {
    /// By lower-cased name.
    owners: BTreeMap<String, String>,
    problems: &'a mut Vec<WorkflowProblem>,
}

impl Names<'_> {
    /// All versions of one workflow share its names.
    fn workflow(&mut self, versions: &[Hosted]) {
        let Some(first) = versions.first() else {
            return;
        };
        let name = first.graph.name;
        if let Some(problem) = workflow_name_problem(name) {
            self.problems.push(WorkflowProblem::WorkflowName {
                name: name.to_owned(),
                owner: first.type_name,
                problem,
            });
        }
        self.take(orchestration_name(name), first.owner());
        if versions.iter().any(|version| version.is_root) {
            for function in HTTP_FUNCTIONS {
                let owner = format!("the HTTP function `{function}` of workflow `{name}`");
                self.take(activity_name(name, function), owner);
            }
        }
        let mut executors: BTreeSet<&str> = BTreeSet::new();
        for version in versions {
            let mut ids: BTreeMap<String, &str> = BTreeMap::new();
            for node in version.graph.nodes {
                self.node(version, node, &mut ids);
                if is_executor(node) && executors.insert(node.id) {
                    let owner = format!("node `{}` of workflow `{name}`", node.id);
                    self.take(activity_name(name, node.id), owner);
                }
            }
        }
    }

    fn node(&mut self, of: &Hosted, node: &GraphNode, ids: &mut BTreeMap<String, &'static str>) {
        let workflow = of.graph.name;
        if let Some(problem) = node_id_problem(workflow, node.id, is_executor(node)) {
            self.problems.push(WorkflowProblem::NodeId {
                workflow: workflow.to_owned(),
                node: node.id.to_owned(),
                problem,
            });
        }
        // Two executors are found by the names of their activities.
        if let Some(other) = ids.insert(node.id.to_lowercase(), node.id)
            && !is_executor(node)
        {
            self.problems.push(WorkflowProblem::NodeId {
                workflow: workflow.to_owned(),
                node: node.id.to_owned(),
                problem: format!("it differs from node `{other}` in nothing or in case only"),
            });
        }
    }

    fn take(&mut self, name: String, owner: String) {
        let first = self
            .owners
            .entry(name.to_lowercase())
            .or_insert_with(|| owner.clone());
        if *first != owner {
            self.problems.push(WorkflowProblem::NameTaken {
                name,
                first: first.clone(),
                second: owner,
            });
        }
    }
}

fn is_executor(node: &GraphNode) -> bool {
    matches!(node.code(), Some(NodeCode::Executor(_)))
}
