use std::collections::BTreeSet;

use durable_task::wire::proto::SubOrchestrationInstanceFailedEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{ExecutionId, Failure, InstanceId, Status, Timestamp};

use super::Env;
use super::delta::{Delta, Drop};
use super::ending::FIRE_AND_FORGET;
use super::entity::Entity;
use super::message::Message;
use super::orchestration::Orchestration;
use super::rewind;
use super::start::StartOrder;
use crate::store::{LoadedBody, MessageRow};

/// What lives under one id.
#[derive(Debug, Clone, PartialEq)]
pub enum Instance {
    /// Nothing.
    Absent(InstanceId),
    /// An orchestration.
    Orchestration(Box<Orchestration>),
    /// An entity; every entity exists, most of them without a state.
    Entity(Box<Entity>),
}

impl Instance {
    /// Nothing, under an id.
    pub fn absent(id: InstanceId, now: Timestamp) -> Self {
        if id.is_entity() {
            Self::Entity(Box::new(Entity::new(id, now)))
        } else {
            Self::Absent(id)
        }
    }

    /// What a store has under the id. Its messages are received afterwards.
    pub fn from_body(id: InstanceId, body: LoadedBody, now: Timestamp) -> Self {
        match body {
            LoadedBody::Orchestration(row) => {
                Self::Orchestration(Box::new(Orchestration::from_row(*row)))
            }
            LoadedBody::Entity(row) => Self::Entity(Box::new(Entity::from_row(id, row))),
            LoadedBody::Absent => Self::absent(id, now),
        }
    }

    /// Takes notice of messages that come together.
    ///
    /// A lock request that one of them withdraws is not granted in between: the grant would travel
    /// on to an entity that has taken notice of the withdrawal before.
    pub fn receive_all(&mut self, messages: Vec<Message>, env: &mut Env<'_>) -> Vec<Delta> {
        let mut messages = messages;
        if matches!(self, Self::Entity(_)) {
            messages.iter_mut().for_each(Message::understand);
        }
        let released = messages.iter().filter_map(Message::releases);
        let released: BTreeSet<String> = released.map(str::to_owned).collect();
        let mut deltas = Vec::new();
        if let Self::Entity(entity) = self {
            deltas.push(entity.withdraw_all(&released));
        }
        for message in messages {
            let is_withdrawn = message
                .requests_lock()
                .is_some_and(|section| released.contains(section));
            if is_withdrawn {
                let mut delta = Delta::default();
                delta.drop_message(&message, Drop::Withdrawn);
                deltas.push(delta);
            } else {
                deltas.push(self.receive(message, env));
            }
        }
        deltas
    }

    /// Takes notice of a message.
    pub fn receive(&mut self, message: Message, env: &mut Env<'_>) -> Delta {
        let is_order = message.is_start() && message.execution.is_none();
        match self {
            Self::Entity(entity) => entity.receive(message, env),
            Self::Orchestration(orchestration) if orchestration.is_another_child(&message) => {
                let exists = (!orchestration.is_ended()).then(|| orchestration.status());
                self.start_anew(message, exists, env)
            }
            Self::Orchestration(orchestration) if !is_order => orchestration.receive(message, env),
            Self::Orchestration(orchestration) => {
                let exists = (!orchestration.is_ended()).then(|| orchestration.status());
                self.start_by_message(message, exists, env)
            }
            Self::Absent(_) if is_order => self.start_by_message(message, None, env),
            Self::Absent(_) if message.is_rewind() => self.start_anew(message, None, env),
            Self::Absent(_) => {
                let mut delta = Delta::default();
                if let Some(closes) = message.closes {
                    delta.close(closes);
                }
                delta.drop_message(&message, Drop::Absent);
                delta
            }
        }
    }

    /// Starts what an orchestration or an entity asked for. A live instance stays as it is: the
    /// task of whoever waits fails, a start that nobody waits for is dropped.
    fn start_by_message(
        &mut self,
        mut message: Message,
        exists: Option<Status>,
        env: &mut Env<'_>,
    ) -> Delta {
        let Some(EventType::ExecutionStarted(event)) = message.event.event_type.take() else {
            return Delta::default();
        };
        let order = StartOrder::of_event(event);
        let id = message.target.clone();
        if exists.is_some() {
            let mut delta = Delta::default();
            delta.drop_message(&message, Drop::StartedBefore);
            refuse(&order, &id, env, &mut delta);
            return delta;
        }
        let (orchestration, mut delta) = Orchestration::start(id, order, env);
        delta.consume(&message);
        *self = Self::Orchestration(Box::new(orchestration));
        delta
    }

    /// A parent that was rewound wants the answer of a child that is gone: it begins again, unless
    /// its id belongs to a live instance by now.
    fn start_anew(
        &mut self,
        mut message: Message,
        exists: Option<Status>,
        env: &mut Env<'_>,
    ) -> Delta {
        let start = match message.kind() {
            Some(EventType::ExecutionRewound(event)) => rewind::start_anew(event),
            _ => None,
        };
        if let Some(start) = start {
            message.event.event_type = Some(EventType::ExecutionStarted(start));
            return self.start_by_message(message, exists, env);
        }
        let mut delta = Delta::default();
        delta.drop_message(&message, Drop::Absent);
        delta
    }

    /// Whether it has something to do.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Absent(_) => false,
            Self::Orchestration(orchestration) => orchestration.is_ready(),
            Self::Entity(entity) => entity.is_ready(),
        }
    }

    /// Whether a worker has something of it.
    pub fn is_running(&self) -> bool {
        match self {
            Self::Absent(_) => false,
            Self::Orchestration(orchestration) => orchestration.in_episode(),
            Self::Entity(entity) => entity.in_batch(),
        }
    }

    /// How many messages wait.
    pub fn backlog(&self) -> usize {
        match self {
            Self::Absent(_) => 0,
            Self::Orchestration(orchestration) => orchestration.backlog(),
            Self::Entity(entity) => entity.backlog(),
        }
    }

    /// Gives back the room that messages took: it may wait for long.
    pub fn rest(&mut self) {
        match self {
            Self::Absent(_) => {}
            Self::Orchestration(orchestration) => orchestration.inbox.shrink_to_fit(),
            Self::Entity(entity) => entity.rest(),
        }
    }

    /// Rows for messages that have none yet.
    pub fn store_messages(&mut self) -> Vec<MessageRow> {
        match self {
            Self::Absent(_) => Vec::new(),
            Self::Orchestration(orchestration) => orchestration.store_messages(),
            Self::Entity(entity) => entity.store_messages(),
        }
    }

    /// The orchestration, if it is one.
    pub fn orchestration(&mut self) -> Option<&mut Orchestration> {
        match self {
            Self::Orchestration(orchestration) => Some(orchestration),
            _ => None,
        }
    }

    /// The entity, if it is one.
    pub fn entity(&mut self) -> Option<&mut Entity> {
        match self {
            Self::Entity(entity) => Some(entity),
            _ => None,
        }
    }
}

/// Tells the parent that the instance it wanted to start is there already.
fn refuse(order: &StartOrder, id: &InstanceId, env: &mut Env<'_>, delta: &mut Delta) {
    let Some(parent) = &order.parent else { return };
    if order.tags.contains_key(FIRE_AND_FORGET) {
        return;
    }
    let failure = Failure::new(
        "InstanceAlreadyExists",
        format!("orchestration `{id}` exists already and has not ended"),
    );
    let event = EventType::SubOrchestrationInstanceFailed(SubOrchestrationInstanceFailedEvent {
        task_scheduled_id: parent.task_scheduled_id,
        failure_details: Some(failure.into()),
    });
    let to = parent.orchestration_instance.clone().unwrap_or_default();
    let target = InstanceId::from_stored(to.instance_id);
    let message = Message::new(env.row(), target, env.now, event).sent_by(id.clone());
    delta.messages.push(match to.execution_id {
        Some(execution) => message.for_execution(ExecutionId::new(execution)),
        None => message,
    });
}
