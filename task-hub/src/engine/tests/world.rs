//! A world of instances that take in their messages at random moments, in the order in which they
//! were sent: as in the loop, where a target may have to be read first.

use std::collections::{BTreeMap, VecDeque};

use durable_task::InstanceId;

use super::Outside;
use crate::engine::{Delta, Instance, Message};

pub(super) struct World {
    pub(super) outside: Outside,
    pub(super) instances: BTreeMap<InstanceId, Instance>,
    under_way: BTreeMap<InstanceId, VecDeque<Message>>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            outside: Outside::new(),
            instances: BTreeMap::new(),
            under_way: BTreeMap::new(),
        }
    }

    pub(super) fn send(&mut self, message: Message) {
        let target = message.target.clone();
        self.under_way.entry(target).or_default().push_back(message);
    }

    pub(super) fn take_in(&mut self, delta: Delta) {
        for message in delta.messages {
            self.send(message);
        }
    }

    /// How many have messages under way.
    pub(super) fn targets(&self) -> usize {
        self.under_way.len()
    }

    /// Delivers all that is under way to one of them.
    pub(super) fn deliver(&mut self, choice: usize) {
        let place = choice % self.under_way.len().max(1);
        let Some(target) = self.under_way.keys().nth(place).cloned() else {
            return;
        };
        let messages = self.under_way.remove(&target).unwrap();
        let now = self.outside.now;
        let instance = self
            .instances
            .entry(target.clone())
            .or_insert_with(|| Instance::absent(target, now));
        let deltas = instance.receive_all(messages.into(), &mut self.outside.env());
        for delta in deltas {
            self.take_in(delta);
        }
    }
}
