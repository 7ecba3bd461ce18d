//! Puts an application's workflows into a worker's registry.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::{Client, Registry, RegistryError};

use super::activity::{NodeActivity, run_node};
use super::hosted::Hosted;
use super::large::Values;
use super::names::{activity_name, orchestration_name};
use super::orchestrator::{Observer, Orchestrator};
use crate::app::App;
use crate::workflow::{Graph, NodeCode};

impl App {
    /// Registers every workflow in all its versions, and the executors that are nodes. `hub` is
    /// where histories are read.
    pub(crate) fn register_workflows(
        &self,
        registry: &mut Registry,
        hub: Arc<dyn Client>,
    ) -> Result<(), RegistryError> {
        let values = Values {
            app: self.clone(),
            hub,
        };
        for versions in self.hosted_workflows().by_name() {
            for version in versions {
                self.register_run(registry, version.graph, None)?;
            }
            register_nodes(registry, versions, &values)?;
        }
        Ok(())
    }

    /// Registers the orchestration of one version of a workflow.
    pub(crate) fn register_run(
        &self,
        registry: &mut Registry,
        graph: &'static Graph,
        observer: Option<Arc<dyn Observer>>,
    ) -> Result<(), RegistryError> {
        let orchestrator = Orchestrator {
            app: self.clone(),
            graph,
            observer,
        };
        registry.orchestrator_fn(
            orchestration_name(graph.name),
            graph.version,
            move |ctx, input| orchestrator.clone().run(ctx, input),
        )
    }
}

/// Registers the executors of a workflow. A node that several versions have is one activity, which
/// knows by the version of the run what to run.
fn register_nodes(
    registry: &mut Registry,
    versions: &[Hosted],
    values: &Values,
) -> Result<(), RegistryError> {
    let mut nodes: BTreeMap<&'static str, Vec<NodeActivity>> = BTreeMap::new();
    let mut in_order: Vec<&Hosted> = versions.iter().collect();
    in_order.sort_by_key(|hosted| hosted.is_current);
    for hosted in in_order {
        for node in hosted.graph.nodes {
            if let Some(NodeCode::Executor(executor)) = node.code() {
                let activity = NodeActivity::new(hosted.graph, node.id, executor);
                nodes.entry(node.id).or_default().push(activity);
            }
        }
    }
    for (id, activities) in nodes {
        let Some(first) = versions.first() else {
            continue;
        };
        let activities: Arc<[NodeActivity]> = activities.into();
        let values = values.clone();
        registry.activity_fn(activity_name(first.graph.name, id), move |ctx, input| {
            run_node(Arc::clone(&activities), values.clone(), ctx, input)
        })?;
    }
    Ok(())
}
