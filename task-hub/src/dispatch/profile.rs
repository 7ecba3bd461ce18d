use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use durable_task::{Accepts, WorkHandler, WorkerProfile};

use crate::engine::newest;

/// The worker, and what it can run.
pub(super) struct Attached {
    pub(super) handler: Arc<dyn WorkHandler>,
    pub(super) episodes_max: usize,
    pub(super) activities_max: usize,
    pub(super) batches_max: usize,
    /// Versions by name.
    orchestrators: HashMap<String, Vec<String>>,
    activities: HashSet<String>,
    /// Whether operations are synchronous, by name.
    entities: HashMap<String, bool>,
}

impl Attached {
    pub(super) fn new(handler: Arc<dyn WorkHandler>) -> Self {
        let WorkerProfile {
            orchestrators: named,
            activities,
            entities,
            orchestrations_max,
            activities_max,
            entities_max,
            remote: _,
        } = handler.profile();
        let mut orchestrators: HashMap<String, Vec<String>> = HashMap::new();
        for orchestrator in only(named) {
            let versions = orchestrators.entry(orchestrator.name).or_default();
            versions.push(orchestrator.version.unwrap_or_default());
        }
        Self {
            handler,
            episodes_max: orchestrations_max.max(1),
            activities_max: activities_max.max(1),
            batches_max: entities_max.max(1),
            orchestrators,
            activities: only(activities)
                .into_iter()
                .map(|activity| activity.name)
                .collect(),
            entities: only(entities)
                .into_iter()
                .map(|entity| (entity.name, entity.synchronous))
                .collect(),
        }
    }

    /// The version to run: the given one or else the newest, if there is code for it.
    pub(super) fn version(&self, name: &str, version: Option<&str>) -> Option<&str> {
        let versions = self.orchestrators.get(name)?;
        match version {
            Some(version) => versions.iter().map(String::as_str).find(|v| *v == version),
            None => newest(versions.iter().map(String::as_str)),
        }
    }

    pub(super) fn has_activity(&self, name: &str) -> bool {
        self.activities.contains(name)
    }

    /// Whether the entity's operations are synchronous, if there is code for it.
    pub(super) fn entity(&self, name: &str) -> Option<bool> {
        self.entities.get(name).copied()
    }
}

fn only<T>(accepts: Accepts<T>) -> Vec<T> {
    match accepts {
        Accepts::Everything => Vec::new(),
        Accepts::Only(some) => some,
    }
}
