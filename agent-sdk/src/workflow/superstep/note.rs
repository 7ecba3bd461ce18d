//! How a run tells what happens in it.

use super::slots::Slots;
use super::{Event, EventData, EventKind, Run, RunError, TaskAnswer, size};
use crate::workflow::Message;

impl Run {
    /// What is in the slots that are set, in their order.
    pub(crate) fn slot_values(&self) -> impl Iterator<Item = &Message> {
        self.slots.iter().flat_map(Slots::values)
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn emit_of_node(&mut self, kind: EventKind, node: usize, data: EventData) {
        let event = Event::new(kind, self.superstep).of_node(self.id_of(node));
        self.emit(event.with(data));
    }

    pub(super) fn note_completed(&mut self, node: usize, answer: &TaskAnswer) {
        for event in &answer.events {
            let custom = Event::new(EventKind::Custom, self.superstep).of_node(self.id_of(node));
            self.emit(Event {
                name: Some(event.name.clone()),
                data: Some(EventData::One(event.data.clone())),
                ..custom
            });
        }
        let given = answer.messages.iter().chain(&answer.outputs);
        let data = EventData::List(given.cloned().collect());
        self.emit_of_node(EventKind::ExecutorCompleted, node, data);
    }

    pub(super) fn note_outputs(&mut self) -> Result<(), RunError> {
        for (node, output) in std::mem::take(&mut self.flow.outputs) {
            let event = Event::new(EventKind::Output, self.superstep).of_node(node);
            self.output_bytes += output.json().len();
            size::check(self.output_bytes, || {
                format!("what the run gives, with an output of node `{node}`,")
            })?;
            self.emit(event.with(EventData::One(output.clone())));
            self.outputs.push(output);
        }
        Ok(())
    }
}
