//! One run within a run in memory: the one that was started, or one of a sub-workflow.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{Failure, MissingResource, ResourceNeed, RetryPolicy};
use tokio::sync::Semaphore;

use super::agent::Sessions;
use super::{NESTING_MAX, WorkflowFailure};
use crate::tool::Resources;
use crate::workflow::superstep::{Run, RunError, Task, TaskResult};
use crate::workflow::{Graph, Message, NodeCode, NodeDefinition, Place};

/// A run.
#[derive(Debug)]
pub(super) struct Live {
    pub run: Run,
    /// The run that it is a task of, and the place of that task.
    pub parent: Option<(usize, usize)>,
    pub instance: String,
    /// What the ids of its requests begin with outside.
    pub prefix: String,
    pub tasks: Vec<Tried>,
    missing: usize,
    pub sessions: Sessions,
    pub outcome: Option<Result<Vec<Message>, RunError>>,
    nodes: BTreeMap<usize, NodeDefinition>,
    permits: BTreeMap<usize, Arc<Semaphore>>,
}

/// A task that is under way.
#[derive(Debug)]
pub(super) struct Tried {
    pub task: Task,
    pub failed: u32,
    pub begun: Duration,
    pub result: Option<TaskResult>,
}

impl Live {
    pub(super) fn new(run: Run, parent: Option<(usize, usize)>, instance: String) -> Self {
        Self {
            run,
            parent,
            instance,
            prefix: String::new(),
            tasks: Vec::new(),
            missing: 0,
            sessions: Sessions::new(),
            outcome: None,
            nodes: BTreeMap::new(),
            permits: BTreeMap::new(),
        }
    }

    pub(super) fn graph(&self) -> &'static Graph {
        self.run.graph()
    }

    pub(super) fn begin(&mut self, tasks: Vec<Task>, now: Duration) {
        let tried = |task| Tried {
            task,
            failed: 0,
            begun: now,
            result: None,
        };
        self.tasks = tasks.into_iter().map(tried).collect();
        self.missing = self.tasks.len();
    }

    /// How long to wait before a task that failed is tried again, if it is.
    pub(super) fn pause(
        &mut self,
        position: usize,
        now: Duration,
        failure: &Failure,
    ) -> Option<Duration> {
        let node = self.tasks.get(position)?.task.node;
        let policy = self.retry(node)?;
        let tried = self.tasks.get_mut(position)?;
        tried.failed += 1;
        policy.pause_after(tried.failed, now.saturating_sub(tried.begun), failure)
    }

    /// Keeps a result; with the last one the run has all: whether this was it.
    pub(super) fn took(&mut self, position: usize, result: TaskResult) -> bool {
        let Some(tried) = self.tasks.get_mut(position) else {
            return false;
        };
        tried.result = Some(result);
        self.missing -= 1;
        if self.missing > 0 {
            return false;
        }
        let tasks = std::mem::take(&mut self.tasks);
        let results = tasks.into_iter().filter_map(|tried| tried.result);
        self.run.finish(results.collect());
        true
    }

    /// What runs for a node.
    pub(super) fn definition(&mut self, node: usize) -> Option<&NodeDefinition> {
        let graph = self.graph();
        let place = graph.nodes.get(node)?;
        match self.nodes.entry(node) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(new) => Some(new.insert(place.defined().ok()?)),
        }
    }

    /// How a function is repeated.
    pub(super) fn retry(&mut self, node: usize) -> Option<RetryPolicy> {
        let default = self.graph().retry;
        let NodeCode::Executor(executor) = &self.definition(node)?.code else {
            return None;
        };
        executor
            .retry
            .clone()
            .or_else(|| default.map(|make| make()))
    }

    /// What limits how many runs of a function are under way.
    pub(super) fn permits(&mut self, node: usize, limit: Option<usize>) -> Option<Arc<Semaphore>> {
        let make = |limit| Arc::new(Semaphore::new(limit));
        let limit = limit?.max(1);
        let permits = self.permits.entry(node);
        Some(Arc::clone(permits.or_insert_with(|| make(limit))))
    }

    /// Where a node runs.
    pub(super) fn place(&self, node: &'static str, round: u32, root: &Self) -> Place {
        Place {
            workflow: self.graph().name.to_owned(),
            node: node.to_owned(),
            instance: self.instance.clone(),
            root_instance: root.instance.clone(),
            root_workflow: root.graph().name.to_owned(),
            request_prefix: self.prefix.clone(),
            round,
        }
    }
}

/// Whether a graph can run: nothing that it needs is missing, here and in its sub-workflows.
pub(super) fn check(
    graph: &'static Graph,
    resources: &Resources,
    has_model: bool,
) -> Result<(), WorkflowFailure> {
    let mut open: Vec<(&'static Graph, Vec<&'static str>)> = vec![(graph, Vec::new())];
    while let Some((graph, mut above)) = open.pop() {
        if above.contains(&graph.name) || above.len() >= NESTING_MAX {
            return Err(WorkflowFailure::Nesting {
                workflow: graph.name,
            });
        }
        above.push(graph.name);
        for node in graph.nodes {
            let definition = node.defined().map_err(|problem| {
                let place = format!("the definition of node `{}`", node.id);
                RunError::Panic { place, problem }
            })?;
            match definition.code {
                NodeCode::Executor(executor) => {
                    let needed_by = || format!("executor `{}`", node.id);
                    needed(resources, &executor.needs, needed_by)?;
                }
                NodeCode::Agent(_) if !has_model => {
                    return Err(WorkflowFailure::NoModel { node: node.id });
                }
                NodeCode::Agent(definition) => {
                    for tool in definition().tools {
                        let needed_by = || format!("tool `{}` of agent `{}`", tool.name, node.id);
                        needed(resources, &tool.needs, needed_by)?;
                    }
                }
                NodeCode::Workflow(inner) => open.push((inner, above.clone())),
                NodeCode::Port(_) => {}
            }
        }
    }
    Ok(())
}

fn needed(
    resources: &Resources,
    needs: &[ResourceNeed],
    needed_by: impl Fn() -> String,
) -> Result<(), WorkflowFailure> {
    match resources.missing(needs).first() {
        None => Ok(()),
        Some(need) => Err(MissingResource {
            needed_by: needed_by(),
            type_name: (need.type_name)(),
        }
        .into()),
    }
}
