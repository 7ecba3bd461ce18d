use durable_task::wire::proto::HistoryEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{EntityId, InstanceId, Status, Timestamp};

use super::event::{self, Chunk};
use super::message::{Closes, Message};
use super::start::later;
use crate::store::{End, TaskRow, TimerRow};

/// All that one transition changes, besides the state that it was applied to.
#[derive(Debug, Default, PartialEq)]
pub struct Delta {
    /// What happened to the instance's or entity's row.
    pub row: RowChange,
    /// Events for the history of the current execution.
    pub history: Chunk,
    /// Set when the instance ended.
    pub end: Option<End>,
    /// Rows of messages that were taken in or dropped.
    pub consumed: Vec<u64>,
    /// Messages to others, and to itself.
    pub messages: Vec<Message>,
    /// New open tasks.
    pub tasks_opened: Vec<TaskRow>,
    /// Tasks that are no longer open.
    pub tasks_closed: Vec<u64>,
    /// Tasks whose activity, if it runs, is to be told that nobody wants its result.
    pub tasks_cancelled: Vec<u64>,
    /// New timers.
    pub timers_opened: Vec<TimerRow>,
    /// Timers that have fired or are not wanted any more.
    pub timers_closed: Vec<(Timestamp, u64)>,
    /// What was dropped, and why.
    pub dropped: Vec<Drop>,
}

/// What happened to a row.
#[derive(Debug, Default, PartialEq)]
pub enum RowChange {
    /// Nothing.
    #[default]
    None,
    /// Some of its columns changed.
    Changed,
    /// The instance is new.
    Created {
        /// Statuses of an earlier instance of this id that it replaces.
        replace: Vec<Status>,
        /// Its input.
        input: Option<String>,
    },
    /// A new execution began, or the instance was rewound.
    Restarted {
        /// Its input.
        input: Option<String>,
    },
}

/// Why a message or an answer was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drop {
    /// There is no such instance.
    Absent,
    /// The instance has ended.
    Ended,
    /// It was for another execution.
    OtherExecution,
    /// The task or timer that it replies to is not open.
    NotOpen,
    /// The instance has been started already.
    StartedBefore,
    /// It would change nothing: a second suspend, a resume without suspend.
    NoChange,
    /// No orchestration or entity takes such a message.
    NotUnderstood,
    /// The lock request that it withdrew had not been seen yet: both vanish.
    Withdrawn,
}

impl Delta {
    /// Marks the row as changed.
    pub(super) fn touch(&mut self) {
        if self.row == RowChange::None {
            self.row = RowChange::Changed;
        }
    }

    /// Sends a message, now or when it is due. Nobody waits for an answer to what goes to an entity
    /// that none can be, without a name and a key: it goes nowhere.
    pub(super) fn post(&mut self, message: Message, due: Option<Timestamp>, now: Timestamp) {
        let target = &message.target;
        if target.is_entity() && EntityId::parse(target.as_str()).is_none() {
            let sender = message.sender.as_ref().map(InstanceId::as_str);
            tracing::warn!(sender, %target, "a message to what is no entity is dropped");
            return;
        }
        match due {
            Some(due) if due > now => self.timers_opened.push(later(message, due)),
            _ => self.messages.push(message),
        }
    }

    /// Encodes an event into the history and gives it back, so that its parts can be moved on.
    pub(super) fn record(
        &mut self,
        event_id: i32,
        at: Timestamp,
        event: EventType,
    ) -> HistoryEvent {
        let event = event::recorded(event_id, at, event);
        self.history.push(&event);
        event
    }

    /// Closes what a message puts an end to.
    pub(super) fn close(&mut self, closes: Closes) {
        match closes {
            Closes::Task(id) => self.tasks_closed.push(id),
            Closes::Timer(fire_at, id) => self.timers_closed.push((fire_at, id)),
        }
    }

    /// Drops a message.
    pub(super) fn drop_message(&mut self, message: &Message, why: Drop) {
        self.consume(message);
        self.dropped.push(why);
    }

    /// Removes the message's row, if it has one.
    pub(super) fn consume(&mut self, message: &Message) {
        if message.stored {
            self.consumed.push(message.id);
        }
    }

    /// Whether the history begins anew.
    pub(super) fn is_restart(&self) -> bool {
        matches!(self.row, RowChange::Restarted { .. })
    }

    /// Whether nothing has to be written.
    pub fn is_empty(&self) -> bool {
        self.row == RowChange::None
            && self.history.is_empty()
            && self.end.is_none()
            && self.consumed.is_empty()
            && self.messages.is_empty()
            && self.tasks_opened.is_empty()
            && self.tasks_closed.is_empty()
            && self.tasks_cancelled.is_empty()
            && self.timers_opened.is_empty()
            && self.timers_closed.is_empty()
    }
}
