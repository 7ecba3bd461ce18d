//! What an orchestrator decided: once as a command of the code, once as an event of the history.

use std::fmt;

use serde::Deserialize;

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::send_entity_message_action::EntityMessageType as Message;

/// A decision, as far as replay compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    Activity { name: String },
    Timer,
    SubOrchestration { name: String },
    SendEvent { name: String },
    EntityCall { target: String, operation: String },
    EntitySignal { target: String, operation: String },
    LockRequest,
    Unlock { target: String },
    Other,
}

impl Decision {
    /// The decision of a command.
    pub(super) fn of_action(action: &Action) -> Self {
        match action {
            Action::ScheduleTask(task) => Self::Activity {
                name: task.name.clone(),
            },
            Action::CreateTimer(_) => Self::Timer,
            Action::CreateSubOrchestration(child) => Self::SubOrchestration {
                name: child.name.clone(),
            },
            Action::SendEvent(event) => {
                let target = event.instance.as_ref().map(|it| it.instance_id.as_str());
                Self::of_sent(
                    target.unwrap_or_default(),
                    &event.name,
                    event.data.as_deref(),
                )
            }
            Action::SendEntityMessage(message) => match &message.entity_message_type {
                Some(Message::EntityOperationCalled(call)) => Self::EntityCall {
                    target: call.target_instance_id.clone().unwrap_or_default(),
                    operation: call.operation.clone(),
                },
                Some(Message::EntityOperationSignaled(signal)) => Self::EntitySignal {
                    target: signal.target_instance_id.clone().unwrap_or_default(),
                    operation: signal.operation.clone(),
                },
                Some(Message::EntityLockRequested(_)) => Self::LockRequest,
                Some(Message::EntityUnlockSent(unlock)) => Self::Unlock {
                    target: unlock.target_instance_id.clone().unwrap_or_default(),
                },
                None => Self::Other,
            },
            Action::CompleteOrchestration(_)
            | Action::TerminateOrchestration(_)
            | Action::RewindOrchestration(_) => Self::Other,
        }
    }

    /// The decision that a history event records; `None` for all that is not one.
    pub(super) fn of_event(event: &EventType) -> Option<Self> {
        Some(match event {
            EventType::TaskScheduled(task) => Self::Activity {
                name: task.name.clone(),
            },
            EventType::TimerCreated(_) => Self::Timer,
            EventType::SubOrchestrationInstanceCreated(child) => Self::SubOrchestration {
                name: child.name.clone(),
            },
            EventType::EventSent(sent) => {
                Self::of_sent(&sent.instance_id, &sent.name, sent.input.as_deref())
            }
            EventType::EntityOperationCalled(call) => Self::EntityCall {
                target: call.target_instance_id.clone().unwrap_or_default(),
                operation: call.operation.clone(),
            },
            EventType::EntityOperationSignaled(signal) => Self::EntitySignal {
                target: signal.target_instance_id.clone().unwrap_or_default(),
                operation: signal.operation.clone(),
            },
            EventType::EntityLockRequested(_) => Self::LockRequest,
            EventType::EntityUnlockSent(unlock) => Self::Unlock {
                target: unlock.target_instance_id.clone().unwrap_or_default(),
            },
            _ => return None,
        })
    }

    /// An event that is sent, maybe a message to an entity.
    fn of_sent(target: &str, name: &str, input: Option<&str>) -> Self {
        if target.starts_with('@') {
            Self::of_entity_message(target, name, input)
        } else {
            Self::SendEvent {
                name: name.to_owned(),
            }
        }
    }

    /// The older form of entity messages: an event sent to the entity, named `op`, `op@TIME` or
    /// `release`, with the request as JSON.
    fn of_entity_message(target: &str, name: &str, input: Option<&str>) -> Self {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Request {
            op: Option<String>,
            signal: bool,
            lockset: Option<serde::de::IgnoredAny>,
        }
        let target = target.to_owned();
        if name == "release" {
            return Self::Unlock { target };
        }
        let request: Request = input
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let operation = request.op.unwrap_or_default();
        match (request.lockset, request.signal) {
            (Some(_), _) => Self::LockRequest,
            (None, true) => Self::EntitySignal { target, operation },
            (None, false) => Self::EntityCall { target, operation },
        }
    }

    /// Whether the history records what the code decided. Names compare without case.
    pub(super) fn agrees_with(&self, recorded: &Self) -> bool {
        let same = |left: &str, right: &str| left.to_lowercase() == right.to_lowercase();
        match (self, recorded) {
            (Self::Activity { name: left }, Self::Activity { name: right })
            | (Self::SubOrchestration { name: left }, Self::SubOrchestration { name: right })
            | (Self::SendEvent { name: left }, Self::SendEvent { name: right }) => {
                same(left, right)
            }
            (
                Self::EntityCall { target, operation },
                Self::EntityCall {
                    target: recorded_target,
                    operation: recorded_operation,
                },
            )
            | (
                Self::EntitySignal { target, operation },
                Self::EntitySignal {
                    target: recorded_target,
                    operation: recorded_operation,
                },
            ) => target == recorded_target && same(operation, recorded_operation),
            (Self::Unlock { target: left }, Self::Unlock { target: right }) => left == right,
            (left, right) => left == right && *left != Self::Other,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity { name } => write!(f, "activity `{name}`"),
            Self::Timer => f.write_str("a timer"),
            Self::SubOrchestration { name } => write!(f, "sub-orchestration `{name}`"),
            Self::SendEvent { name } => write!(f, "an event `{name}` to another instance"),
            Self::EntityCall { target, operation } => {
                write!(f, "a call of `{operation}` on entity `{target}`")
            }
            Self::EntitySignal { target, operation } => {
                write!(f, "a signal `{operation}` to entity `{target}`")
            }
            Self::LockRequest => f.write_str("a lock request"),
            Self::Unlock { target } => write!(f, "the release of entity `{target}`"),
            Self::Other => f.write_str("the termination of another instance"),
        }
    }
}

/// Whether the history keeps an event for this command. A termination of another instance leaves
/// none.
pub(super) fn is_recorded(action: &Action) -> bool {
    !matches!(action, Action::TerminateOrchestration(_))
}
