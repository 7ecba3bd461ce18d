//! What clients ask of the loop.

use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::{ClientError, ExecutionId, InstanceId, Status, Timestamp};
use tokio::sync::oneshot;

use crate::engine::StartOrder;

/// Where an answer goes. Dropped without one, the asker learns that the hub is unavailable.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, ClientError>>;

/// Something about one instance or entity.
pub(crate) struct Request {
    pub(crate) id: InstanceId,
    pub(crate) ask: Ask,
}

/// What is asked.
pub(crate) enum Ask {
    /// Start an orchestration.
    Start {
        order: StartOrder,
        reply: Reply<ExecutionId>,
    },
    /// Put a message into an orchestration's inbox.
    Send {
        event: EventType,
        /// For instances that have ended: the operation that can't be done any more; `None` drops
        /// the message.
        operation: Option<&'static str>,
        reply: Reply<()>,
    },
    /// Signal an entity.
    Signal {
        event: EventType,
        at: Option<Timestamp>,
        reply: Reply<()>,
    },
    /// Release an entity's lock, if it is the one of this critical section. The answer is whether
    /// it was.
    Release { section: String, reply: Reply<bool> },
    /// Take a failed instance back to before its failures.
    Rewind {
        reason: Option<String>,
        reply: Reply<()>,
    },
    /// Remove it.
    Purge { reply: Reply<()> },
}

impl Ask {
    /// Answers with an error.
    pub(super) fn refuse(self, error: ClientError) {
        // The asker may have gone away.
        match self {
            Self::Start { reply, .. } => drop(reply.send(Err(error))),
            Self::Release { reply, .. } => drop(reply.send(Err(error))),
            Self::Send { reply, .. }
            | Self::Signal { reply, .. }
            | Self::Rewind { reply, .. }
            | Self::Purge { reply } => {
                drop(reply.send(Err(error)));
            }
        }
    }
}

/// What is asked of the hub.
#[allow(
    clippy::large_enum_variant,
    reason = "almost all are about one instance"
)]
pub(crate) enum Control {
    /// Something about one instance.
    Instance(Request),
    /// Remove everything.
    Clear { reply: Reply<()> },
    /// Finish what runs, at most for so long, and stop.
    Shutdown {
        deadline: Duration,
        reply: oneshot::Sender<()>,
    },
}

/// The error for an instance that can't be read.
pub(super) fn unreadable(instance: &InstanceId, reason: &str) -> ClientError {
    ClientError::Unavailable {
        reason: format!("instance `{instance}` is damaged and left alone: {reason}"),
    }
}

/// The error for an operation that an instance's state does not allow.
pub(super) fn invalid_state(
    instance: &InstanceId,
    operation: &'static str,
    status: Status,
) -> ClientError {
    ClientError::InvalidState {
        instance: instance.clone(),
        operation,
        status,
    }
}
