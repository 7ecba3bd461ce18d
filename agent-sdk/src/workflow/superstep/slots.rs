//! The state of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RunError;
use crate::workflow::{Graph, GraphNode, Message, SLOTS_MAX, Slot};

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
            let value = slot.default.map(|make| make()).transpose();
            value.map_err(|cause| failed(slot, cause))
        };
        Ok(Self {
            graph,
            values: graph.slots.iter().map(default).collect::<Result<_, _>>()?,
        })
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
        let mut values = Vec::with_capacity(writes.len());
        for (index, writes) in writes {
            let slot = self.graph.slots.get(index);
            let slot = slot.ok_or_else(|| RunError::internal(format!("no slot {index}")))?;
            let current = self.values.get(index).and_then(Option::as_ref);
            values.push((index, new_value(slot, current, writes, superstep)?));
        }
        for (index, value) in values {
            if let Some(place) = self.values.get_mut(index) {
                *place = value;
            }
        }
        Ok(())
    }
}

fn new_value(
    slot: &Slot,
    current: Option<&Message>,
    writes: Vec<Write>,
    superstep: u32,
) -> Result<Option<Message>, RunError> {
    if let Some(merge) = slot.merge {
        let written: Vec<Message> = writes.into_iter().map(|write| write.value).collect();
        let merged = merge(current, &written);
        return merged.map(Some).map_err(|cause| failed(slot, cause));
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

fn failed(slot: &Slot, cause: crate::workflow::RouteError) -> RunError {
    RunError::Slot {
        slot: slot.name,
        cause,
    }
}
