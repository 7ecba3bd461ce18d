//! The state of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RunError;
use super::guard::guarded;
use crate::workflow::state::state_size;
use crate::workflow::{Graph, GraphNode, MergeError, Message, RouteError, SLOTS_MAX, Slot};

/// The slots and what is in them.
#[derive(Debug)]
pub(super) struct Slots {
    graph: &'static Graph,
    values: Vec<Option<Message>>,
}

/// What a task wrote into a slot.
pub(super) struct Write {
    /// The number of the task in its superstep.
    pub task: usize,
    /// Its node.
    pub node: &'static str,
    /// What.
    pub value: Message,
}

/// The writes of a superstep, by the index of the slot, in the order of the tasks.
pub(super) type Writes = BTreeMap<usize, Vec<Write>>;

impl Slots {
    /// The defaults.
    pub(super) fn new(graph: &'static Graph) -> Result<Self, RunError> {
        let default = |slot: &Slot| {
            let Some(make) = slot.default else {
                return Ok(None);
            };
            let place = || format!("the default of the slot `{}`", slot.name);
            guarded(make, place, |cause| failed(slot, cause)).map(Some)
        };
        let slots = Self {
            graph,
            values: graph.slots.iter().map(default).collect::<Result<_, _>>()?,
        };
        let written = (0..graph.slots.len()).collect::<Vec<_>>();
        check_sizes(graph, &slots.values, &written, 0)?;
        Ok(slots)
    }

    /// What is in those that are set.
    pub(super) fn values(&self) -> impl Iterator<Item = &Message> {
        self.values.iter().flatten()
    }

    /// What a node may see.
    pub(super) fn snapshot(&self, node: &GraphNode) -> Arc<[(usize, Message)]> {
        let visible = node.facts.reads | node.facts.may_read;
        if visible == 0 {
            return Arc::default();
        }
        let slots = self.values.iter().enumerate().take(SLOTS_MAX);
        slots
            .filter(|(index, _)| visible & (1 << index) != 0)
            .filter_map(|(index, value)| Some((index, value.clone()?)))
            .collect()
    }

    /// Applies what the tasks of a superstep wrote: all of it or nothing.
    pub(super) fn apply(&mut self, writes: Writes, superstep: u32) -> Result<(), RunError> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut values = self.values.clone();
        let written: Vec<usize> = writes.keys().copied().collect();
        for (index, writes) in writes {
            let slot = self.graph.slots.get(index);
            let slot = slot.ok_or_else(|| RunError::internal(format!("no slot {index}")))?;
            let current = self.values.get(index).and_then(Option::as_ref);
            let value = new_value(slot, current, writes, superstep)?;
            if let Some(place) = values.get_mut(index) {
                *place = value;
            }
        }
        check_sizes(self.graph, &values, &written, superstep)?;
        self.values = values;
        Ok(())
    }
}

/// Refuses a state that has become too large, naming the slot that was written.
fn check_sizes(
    graph: &Graph,
    values: &[Option<Message>],
    written: &[usize],
    superstep: u32,
) -> Result<(), RunError> {
    let bytes = |value: &Option<Message>| value.as_ref().map_or(0, |value| value.json().len());
    let all = values.iter().map(bytes).sum();
    // Where all together are too large, the largest of those that were written is to blame.
    let mut by_size: Vec<(usize, &Slot)> = written
        .iter()
        .filter_map(|&index| Some((bytes(values.get(index)?), graph.slots.get(index)?)))
        .collect();
    by_size.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    by_size.into_iter().try_for_each(|(bytes, slot)| {
        let checked = state_size(slot.name, bytes, all);
        checked.map_err(|problem| RunError::StateTooLarge { problem, superstep })
    })
}

fn new_value(
    slot: &Slot,
    current: Option<&Message>,
    writes: Vec<Write>,
    superstep: u32,
) -> Result<Option<Message>, RunError> {
    if let Some(merge) = slot.merge {
        let (nodes, written): (Vec<&'static str>, Vec<Message>) = writes
            .into_iter()
            .map(|write| (write.node, write.value))
            .unzip();
        let node = |index: usize| nodes.get(index).copied().unwrap_or_default();
        let failed = |error| match error {
            MergeError::Value(cause) => failed(slot, cause),
            MergeError::SameKey { key, first, second } => RunError::KeyConflict {
                slot: slot.name,
                key,
                first: node(first),
                second: node(second),
                superstep,
            },
        };
        let place = || format!("the reducer of the slot `{}`", slot.name);
        return guarded(|| merge(current, &written), place, failed).map(Some);
    }
    let other = |pair: &[Write]| match pair {
        [first, second] if first.task != second.task => Some((first.node, second.node)),
        _ => None,
    };
    match writes.windows(2).find_map(other) {
        Some((first, second)) => Err(RunError::Conflict {
            slot: slot.name,
            first,
            second,
            superstep,
        }),
        // One task may write twice: what it wrote last counts.
        None => Ok(writes.into_iter().next_back().map(|write| write.value)),
    }
}

fn failed(slot: &Slot, cause: RouteError) -> RunError {
    RunError::Slot {
        slot: slot.name,
        cause,
    }
}
