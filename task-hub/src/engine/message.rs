use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{EntityOperationSignaledEvent, HistoryEvent};
use durable_task::{ExecutionId, InstanceId, Timestamp};
use prost::Message as _;

use super::event;
use super::sent_event::{SENT_AS_EVENT, SentEvent, entity_message};
use crate::store::{MessageRow, StoreError};

/// Something on its way to an instance or entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Orders messages.
    pub id: u64,
    /// The instance or entity that it is for.
    pub target: InstanceId,
    /// Only this execution takes it.
    pub execution: Option<ExecutionId>,
    /// The instance that sent it.
    pub sender: Option<InstanceId>,
    /// What it says.
    pub event: HistoryEvent,
    /// Whether a commit that is closed has a row for it.
    pub stored: bool,
    /// What is closed in the commit in which the target takes notice of it.
    pub closes: Option<Closes>,
}

/// An open row that a message puts an end to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closes {
    /// A task.
    Task(u64),
    /// A timer, by its time and row.
    Timer(Timestamp, u64),
}

/// Which of the messages that wait an episode or batch takes in.
#[derive(Debug, Clone, Copy)]
pub enum Taking {
    /// All.
    Everything,
    /// Those with rows in commits that are durable, up to so many bytes.
    Durable {
        /// Rows below this id are in such commits.
        before: u64,
        /// How many bytes they have at most, if there is more than one.
        bytes_max: usize,
    },
}

impl Taking {
    /// Whether the message may be taken in, after so many bytes.
    pub(super) fn allows(self, message: &Message, bytes: usize) -> bool {
        match self {
            Self::Everything => true,
            Self::Durable { before, bytes_max } => {
                let fits = bytes == 0 || bytes + message.event.encoded_len() <= bytes_max;
                fits && message.is_durable(before)
            }
        }
    }
}

impl Message {
    /// A message that something just caused.
    pub fn new(id: u64, target: InstanceId, at: Timestamp, event: EventType) -> Self {
        Self {
            id,
            target,
            execution: None,
            sender: None,
            event: event::incoming(at, event),
            stored: false,
            closes: None,
        }
    }

    /// The same message for one execution only.
    #[must_use]
    pub fn for_execution(mut self, execution: ExecutionId) -> Self {
        self.execution = Some(execution);
        self
    }

    /// The same message with its sender.
    #[must_use]
    pub fn sent_by(mut self, sender: InstanceId) -> Self {
        self.sender = Some(sender);
        self
    }

    /// The same message, to be answered with an event.
    #[must_use]
    pub fn sent_as_event(mut self) -> Self {
        self.event.event_id = SENT_AS_EVENT;
        self
    }

    /// Whether it is to be answered with an event.
    pub(super) fn is_sent_as_event(&self) -> bool {
        self.event.event_id == SENT_AS_EVENT
    }

    /// Reads an event to an entity as the entity message that it is.
    pub(super) fn understand(&mut self) {
        let Some(EventType::EventRaised(raised)) = &self.event.event_type else {
            return;
        };
        let Ok(SentEvent { event, .. }) = entity_message(&self.target, raised) else {
            return;
        };
        self.event.event_type = Some(match (event, &self.sender) {
            // Nobody waits for the reply, or could be found to hold the lock.
            (EventType::EntityOperationCalled(call), None) => {
                EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
                    request_id: call.request_id,
                    operation: call.operation,
                    scheduled_time: call.scheduled_time,
                    input: call.input,
                    target_instance_id: call.target_instance_id,
                })
            }
            (EventType::EntityLockRequested(_), None) => return,
            (event, _) => event,
        });
        self.event.event_id = SENT_AS_EVENT;
    }

    /// The same message, closing a row.
    #[must_use]
    pub fn closing(mut self, closes: Closes) -> Self {
        self.closes = Some(closes);
        self
    }

    /// Reads a row.
    pub fn from_row(row: MessageRow) -> Result<Self, StoreError> {
        let event = event::decode(&row.event)?;
        Ok(Self {
            id: row.id,
            target: row.target,
            execution: row.execution,
            sender: row.sender,
            event,
            stored: true,
            closes: None,
        })
    }

    /// The row of this message.
    pub fn to_row(&self) -> MessageRow {
        MessageRow {
            id: self.id,
            target: self.target.clone(),
            execution: self.execution.clone(),
            sender: self.sender.clone(),
            event: self.event.encode_to_vec(),
        }
    }

    /// Whether its row is in a commit that is durable: all rows below `before` are.
    pub(super) fn is_durable(&self, before: u64) -> bool {
        self.stored && self.id < before
    }

    /// The critical section whose lock it gives back or withdraws.
    pub fn releases(&self) -> Option<&str> {
        match self.kind() {
            Some(EventType::EntityUnlockSent(unlock)) => Some(&unlock.critical_section_id),
            _ => None,
        }
    }

    /// The critical section that it wants a lock for.
    pub fn requests_lock(&self) -> Option<&str> {
        match self.kind() {
            Some(EventType::EntityLockRequested(request)) => Some(&request.critical_section_id),
            _ => None,
        }
    }

    pub(super) fn kind(&self) -> Option<&EventType> {
        self.event.event_type.as_ref()
    }

    pub(super) fn is_rewind(&self) -> bool {
        matches!(self.kind(), Some(EventType::ExecutionRewound(_)))
    }

    pub(super) fn is_start(&self) -> bool {
        matches!(self.kind(), Some(EventType::ExecutionStarted(_)))
    }
}
