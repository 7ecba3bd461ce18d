//! Open activities that wait: the names take turns, and within a name the instances.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use durable_task::InstanceId;

use super::fair::{Line, Lines};
use crate::store::{TaskKind, TaskRow};

/// How many activities of one instance and name wait in memory; the rest stays in the store.
pub(super) const LANE_KEPT: usize = 2 * 1_024;

/// The activities of one name and version that one instance has scheduled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LaneKey {
    instance: InstanceId,
    name: String,
    version: Option<String>,
}

impl LaneKey {
    /// The lane of a task; `None` if it is no activity.
    pub(super) fn of(task: &TaskRow) -> Option<Arc<Self>> {
        match &task.kind {
            TaskKind::Activity(request) => Some(Arc::new(Self {
                instance: task.instance.clone(),
                name: request.name.clone(),
                version: request.version.clone(),
            })),
            TaskKind::SubOrchestration(_) => None,
        }
    }
}

/// Lanes with activities. Each has one place in the line of its name.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    turns: Lines<Arc<LaneKey>>,
    by_key: HashMap<Arc<LaneKey>, VecDeque<Arc<TaskRow>>>,
    len: usize,
}

impl Lanes {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many wait in a lane.
    pub(super) fn lane_len(&self, key: &LaneKey) -> usize {
        self.by_key.get(key).map_or(0, VecDeque::len)
    }

    /// Puts one at the end of its lane.
    pub(super) fn push(&mut self, key: &Arc<LaneKey>, task: Arc<TaskRow>) {
        self.lane(key).push_back(task);
    }

    /// Puts one at the beginning of its lane.
    pub(super) fn push_front(&mut self, key: &Arc<LaneKey>, task: Arc<TaskRow>) {
        self.lane(key).push_front(task);
    }

    /// The lane, which is to get one more.
    fn lane(&mut self, key: &Arc<LaneKey>) -> &mut VecDeque<Arc<TaskRow>> {
        self.len += 1;
        if !self.by_key.contains_key(key) {
            self.turns
                .push(&key.name, key.version.as_deref(), Arc::clone(key));
        }
        self.by_key.entry(Arc::clone(key)).or_default()
    }

    pub(super) fn next_line(&mut self) -> Option<Line> {
        self.turns.next()
    }

    pub(super) fn give_back(&mut self, lines: Vec<Line>) {
        self.turns.give_back(lines);
    }

    /// The first one of the instance whose turn it is within a name.
    pub(super) fn pop(&mut self, line: Line) -> Option<Arc<TaskRow>> {
        let key = self.turns.pop(line)?;
        let waiting = self.by_key.get_mut(&key)?;
        let task = waiting.pop_front();
        self.len -= usize::from(task.is_some());
        if waiting.is_empty() {
            self.by_key.remove(&key);
        } else {
            self.turns
                .push(&key.name, key.version.as_deref(), Arc::clone(&key));
        }
        task
    }
}
