//! How an instance begins.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    ExecutionStartedEvent, OrchestrationInstance, ParentInstanceInfo, TraceContext,
};
use durable_task::{ExecutionId, InstanceId, Status, Timestamp};
use prost::Message as _;

use super::Env;
use super::delta::{Delta, RowChange};
use super::message::Message;
use super::orchestration::Orchestration;
use crate::store::{HistorySize, Identity, TimerRow};

/// What is started, by a client, an orchestration or an entity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartOrder {
    /// The orchestrator.
    pub name: String,
    /// Its version; `None` takes the newest.
    pub version: Option<String>,
    /// Its input as JSON text.
    pub input: Option<String>,
    /// Who waits for its end.
    pub parent: Option<ParentInstanceInfo>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// Not before this time.
    pub scheduled_at: Option<Timestamp>,
    /// The id of its first execution; `None` takes a new one.
    pub execution_id: Option<ExecutionId>,
    /// The span that it belongs to.
    pub trace_context: Option<TraceContext>,
    /// Statuses of an earlier instance of the id that it may replace.
    pub replace: Vec<Status>,
}

impl StartOrder {
    /// The order that a message from an orchestration or entity carries. Such a start replaces what
    /// has ended.
    pub(super) fn of_event(event: ExecutionStartedEvent) -> Self {
        Self {
            name: event.name,
            version: event.version,
            input: event.input,
            parent: event.parent_instance,
            tags: event.tags,
            scheduled_at: event.scheduled_start_timestamp.map(Timestamp::from),
            execution_id: None,
            trace_context: event.parent_trace_context,
            replace: vec![
                Status::Completed,
                Status::Failed,
                Status::Terminated,
                Status::Canceled,
            ],
        }
    }
}

impl Orchestration {
    /// A new instance, with its start waiting: for an episode, or for its time.
    pub fn start(id: InstanceId, order: StartOrder, env: &mut Env<'_>) -> (Self, Delta) {
        let identity = Identity {
            instance_id: id.clone(),
            execution_id: order.execution_id.unwrap_or_else(|| env.execution()),
            generation: 0,
            name: order.name,
            version: order.version,
            version_by_hub: false,
            parent: order.parent,
            tags: order.tags,
            created_at: env.now,
            scheduled_at: order.scheduled_at,
            trace_context: order.trace_context,
        };
        let event = ExecutionStartedEvent {
            name: identity.name.clone(),
            version: identity.version.clone(),
            input: order.input.clone(),
            orchestration_instance: Some(OrchestrationInstance {
                instance_id: id.to_string(),
                execution_id: Some(identity.execution_id.to_string()),
            }),
            parent_instance: identity.parent.clone(),
            scheduled_start_timestamp: order.scheduled_at.map(Into::into),
            tags: identity.tags.clone(),
            parent_trace_context: identity.trace_context.clone(),
            ..ExecutionStartedEvent::default()
        };
        let message = Message::new(env.row(), id, env.now, EventType::ExecutionStarted(event))
            .for_execution(identity.execution_id.clone());
        let mut delta = Delta {
            row: RowChange::Created {
                replace: order.replace,
                input: order.input,
            },
            ..Delta::default()
        };
        let mut inbox = VecDeque::new();
        match order.scheduled_at {
            Some(due) if due > env.now => delta.timers_opened.push(later(message, due)),
            _ => inbox.push_back(message),
        }
        let orchestration = Self {
            identity: Arc::new(identity),
            history: HistorySize::default(),
            parked: false,
            ended: None,
            started: false,
            suspended: false,
            custom_status: None,
            locks: Vec::new(),
            activities: BTreeMap::new(),
            children: BTreeMap::new(),
            timers: BTreeMap::new(),
            inbox,
            episode: None,
            updated_at: env.now,
        };
        (orchestration, delta)
    }
}

/// The same message at a later time.
pub(super) fn later(message: Message, due: Timestamp) -> TimerRow {
    TimerRow {
        id: message.id,
        target: message.target,
        execution: message.execution,
        timer_id: None,
        fire_at: due,
        sender: message.sender,
        event: Some(message.event.encode_to_vec()),
    }
}
