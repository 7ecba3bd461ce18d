//! What an orchestration sends to entities, in both forms, and the locks that it holds.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType as EntityMessage;
use durable_task::wire::proto::{
    EntityLockRequestedEvent, EntityUnlockSentEvent, EventRaisedEvent,
};
use durable_task::{EntityId, InstanceId, Timestamp};

use super::Env;
use super::delta::Delta;
use super::message::Message;
use super::orchestration::Orchestration;
use super::sent_event::{SentEvent, entity_message};
use crate::store::CriticalSection;

/// Where a message goes, and when.
struct Addressed {
    target: InstanceId,
    due: Option<Timestamp>,
    event: EventType,
}

impl Orchestration {
    pub(super) fn send_entity_message(
        &mut self,
        id: i32,
        message: EntityMessage,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let event = match message {
            EntityMessage::EntityOperationCalled(call) => EventType::EntityOperationCalled(call),
            EntityMessage::EntityOperationSignaled(signal) => {
                EventType::EntityOperationSignaled(signal)
            }
            EntityMessage::EntityLockRequested(request) => EventType::EntityLockRequested(request),
            EntityMessage::EntityUnlockSent(unlock) => EventType::EntityUnlockSent(unlock),
        };
        let Addressed { target, due, event } = self.address(event);
        let recorded = delta.record(id, self.updated_at, event);
        if let Some(event) = recorded.event_type {
            let message = Message::new(env.row(), target, self.updated_at, event);
            self.deliver(message, due, env, delta);
        }
    }

    /// An event to an entity, whose sending has been recorded as such.
    pub(super) fn send_event_to_entity(
        &mut self,
        target: &InstanceId,
        raised: &EventRaisedEvent,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        match entity_message(target, raised) {
            Ok(SentEvent { event, due }) => {
                let Addressed { target, event, .. } = self.address(event);
                let message = Message::new(env.row(), target, self.updated_at, event);
                self.deliver(message.sent_as_event(), due, env, delta);
            }
            Err(problem) => tracing::warn!(
                instance = %self.id(), entity = %target, problem,
                "an event to an entity is dropped"
            ),
        }
    }

    /// Fills in who asks, and keeps what locks it holds or waits for.
    fn address(&mut self, mut event: EventType) -> Addressed {
        let me = || Some(self.identity.instance_id.to_string());
        let (target, due) = match &mut event {
            EventType::EntityOperationCalled(call) => {
                call.parent_instance_id = me();
                call.parent_execution_id = Some(self.identity.execution_id.to_string());
                (call.target_instance_id.clone(), call.scheduled_time)
            }
            EventType::EntityOperationSignaled(signal) => {
                (signal.target_instance_id.clone(), signal.scheduled_time)
            }
            EventType::EntityLockRequested(request) => {
                request.parent_instance_id = me();
                (self.request_lock(request), None)
            }
            EventType::EntityUnlockSent(unlock) => {
                unlock.parent_instance_id = me();
                let target = unlock.target_instance_id.clone().unwrap_or_default();
                self.forget_lock(&unlock.critical_section_id, &target);
                (Some(target), None)
            }
            // Nothing else is addressed to an entity.
            _ => (None, None),
        };
        Addressed {
            target: InstanceId::from_stored(target.unwrap_or_default()),
            due: due.map(Timestamp::from),
            event,
        }
    }

    /// Sends a message, now or later.
    fn deliver(
        &self,
        message: Message,
        due: Option<Timestamp>,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        delta.post(message.sent_by(self.id().clone()), due, env.now);
    }

    /// Entities are locked in one order by all, each once: so no two instances wait for each other.
    /// Returns the first.
    fn request_lock(&mut self, request: &mut EntityLockRequestedEvent) -> Option<String> {
        let by_name_and_key = |left: &String, right: &String| {
            let order = EntityId::parse(left).cmp(&EntityId::parse(right));
            order.then_with(|| left.cmp(right))
        };
        request.lock_set.sort_by(by_name_and_key);
        request.lock_set.dedup();
        request.position = 0;
        self.locks.push(CriticalSection {
            id: request.critical_section_id.clone(),
            entities: request.lock_set.clone(),
        });
        request.lock_set.first().cloned()
    }

    fn forget_lock(&mut self, section: &str, entity: &str) {
        for lock in self.locks.iter_mut().filter(|lock| lock.id == section) {
            lock.entities.retain(|held| held != entity);
        }
        self.locks.retain(|lock| !lock.entities.is_empty());
    }

    /// Withdraws lock requests and releases locks.
    pub(super) fn release_locks(&mut self, env: &mut Env<'_>, delta: &mut Delta) {
        for lock in std::mem::take(&mut self.locks) {
            for entity in lock.entities {
                let unlock = EventType::EntityUnlockSent(EntityUnlockSentEvent {
                    critical_section_id: lock.id.clone(),
                    parent_instance_id: Some(self.id().to_string()),
                    target_instance_id: Some(entity.clone()),
                });
                self.send(InstanceId::from_stored(entity), unlock, env, delta);
            }
        }
    }
}
