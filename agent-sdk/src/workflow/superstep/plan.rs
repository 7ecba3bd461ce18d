//! What a superstep consists of.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::flow::Item;
use super::{RequestId, Task, TaskResult, Work};
use crate::workflow::Message;

/// The superstep that is under way.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// Its tasks, by their numbers.
    pub tasks: Vec<Started>,
    /// Tasks that have not been handed out, in the order of their start.
    pub batches: VecDeque<Vec<Task>>,
    /// The numbers of those that are under way.
    pub under_way: Vec<usize>,
}

/// A task of it.
#[derive(Debug)]
pub(super) struct Started {
    pub node: usize,
    pub round: u32,
    pub item: Option<Item>,
    pub origin: u64,
    pub result: Option<TaskResult>,
}

/// A superstep that is being planned.
#[derive(Default)]
pub(super) struct Plan {
    pub step: Step,
    /// What each node sees of the state.
    states: BTreeMap<usize, Arc<[(usize, Message)]>>,
    /// How many turns each agent has.
    turns: BTreeMap<usize, usize>,
    /// The message that is planned.
    pub origin: u64,
    /// The questions that it asks.
    pub asked: Vec<Asked>,
}

/// A question of the superstep: the message that it is, its port, its id.
pub(super) struct Asked {
    pub origin: u64,
    pub port: usize,
    pub id: RequestId,
}

impl Plan {
    pub(super) fn state(
        &mut self,
        node: usize,
        make: impl FnOnce() -> Arc<[(usize, Message)]>,
    ) -> Arc<[(usize, Message)]> {
        Arc::clone(self.states.entry(node).or_insert_with(make))
    }

    pub(super) fn turn(&mut self, node: usize) -> usize {
        let turns = self.turns.entry(node).or_default();
        *turns += 1;
        *turns - 1
    }

    pub(super) fn add(
        &mut self,
        batch: usize,
        node: usize,
        round: u32,
        item: Option<Item>,
        work: Work,
    ) {
        let id = self.step.tasks.len();
        self.step.tasks.push(Started {
            node,
            round,
            item,
            origin: self.origin,
            result: None,
        });
        if self.step.batches.len() <= batch {
            self.step.batches.resize_with(batch + 1, Vec::new);
        }
        if let Some(tasks) = self.step.batches.get_mut(batch) {
            tasks.push(Task {
                id,
                node,
                round,
                work,
            });
        }
    }
}
