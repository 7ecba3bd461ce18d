//! Messages to entities as events: `op`, `op@TIME` and `release`, with the request as JSON.
//!
//! Backends that pass messages out of order sort them by the time in them: each message of an
//! orchestration to an entity carries a later time than the one before, and that one's time.

use serde::Serialize;

use crate::wire::proto::send_entity_message_action::EntityMessageType as Message;
use crate::wire::proto::{OrchestrationInstance, SendEventAction};
use crate::{EntityId, Timestamp};

use super::state::State;

/// The .NET default of a time: not ordered, or the first of its sender.
const NO_TIME: &str = "0001-01-01T00:00:00";

/// What an entity is asked, with the fields in their usual order.
#[derive(Serialize, Default)]
struct Request<'a> {
    op: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    signal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a str>,
    id: &'a str,
    parent: &'a str,
    #[serde(rename = "parentExecution")]
    parent_execution: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(rename = "Timestamp")]
    timestamp: String,
    #[serde(rename = "Predecessor")]
    predecessor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lockset: Option<Vec<Locked>>,
    #[serde(rename = "IsLockRequest")]
    locks: bool,
    #[serde(rename = "createTrace")]
    create_trace: bool,
}

#[derive(Serialize)]
struct Locked {
    name: String,
    key: String,
}

#[derive(Serialize)]
struct Release<'a> {
    parent: &'a str,
    id: &'a str,
}

/// The place of a message among those of its sender; the default has none.
#[derive(Default, Clone, Copy)]
struct Order {
    time: Option<Timestamp>,
    /// Of the message before.
    before: Option<Timestamp>,
}

impl State {
    /// The event that carries a message.
    pub(super) fn entity_event(&mut self, message: Message) -> SendEventAction {
        match message {
            Message::EntityOperationCalled(call) => {
                let target = call.target_instance_id.unwrap_or_default();
                let order = self.next_order(&target);
                let request = Request {
                    op: Some(&call.operation),
                    input: call.input.as_deref(),
                    id: &call.request_id,
                    ..Request::default()
                };
                self.request(&target, "op", order, request)
            }
            Message::EntityOperationSignaled(signal) => {
                let target = signal.target_instance_id.unwrap_or_default();
                let due = signal.scheduled_time.map(Timestamp::from);
                let due = due.map(Timestamp::to_round_trip);
                // A delayed message has no place in the order.
                let (name, order) = match &due {
                    Some(time) => (format!("op@{time}"), Order::default()),
                    None => (String::from("op"), self.next_order(&target)),
                };
                let request = Request {
                    op: Some(&signal.operation),
                    signal: true,
                    input: signal.input.as_deref(),
                    id: &signal.request_id,
                    due,
                    ..Request::default()
                };
                self.request(&target, &name, order, request)
            }
            Message::EntityLockRequested(lock) => {
                let target = lock.lock_set.first().cloned().unwrap_or_default();
                let order = self.next_order(&target);
                let entities = lock.lock_set.iter().filter_map(|id| EntityId::parse(id));
                let locked = entities.map(|entity| Locked {
                    name: entity.name().to_owned(),
                    key: entity.key().to_owned(),
                });
                let request = Request {
                    id: &lock.critical_section_id,
                    lockset: Some(locked.collect()),
                    locks: true,
                    ..Request::default()
                };
                self.request(&target, "op", order, request)
            }
            Message::EntityUnlockSent(unlock) => {
                let release = Release {
                    parent: self.identity.instance.as_str(),
                    id: &unlock.critical_section_id,
                };
                let target = unlock.target_instance_id.unwrap_or_default();
                event(&target, "release", &release)
            }
        }
    }

    /// The time of the next message to an entity, and that of the one before.
    fn next_order(&mut self, target: &str) -> Order {
        let before = self.last_sent.get(target).copied();
        let after = |before: Timestamp| Timestamp::from_ticks(before.ticks().saturating_add(1));
        let next = before.map_or(self.now(), |before| self.now().max(after(before)));
        self.last_sent.insert(target.to_owned(), next);
        Order {
            time: Some(next),
            before,
        }
    }

    fn request(
        &self,
        target: &str,
        name: &str,
        order: Order,
        request: Request<'_>,
    ) -> SendEventAction {
        let text = |time: Option<Timestamp>| {
            time.map_or_else(|| String::from(NO_TIME), Timestamp::to_round_trip)
        };
        let request = Request {
            parent: self.identity.instance.as_str(),
            parent_execution: self.identity.execution.as_str(),
            timestamp: text(order.time),
            predecessor: text(order.before),
            ..request
        };
        event(target, name, &request)
    }
}

fn event(target: &str, name: &str, payload: &impl Serialize) -> SendEventAction {
    SendEventAction {
        instance: Some(OrchestrationInstance {
            instance_id: target.to_owned(),
            execution_id: None,
        }),
        name: name.to_owned(),
        // Texts and flags can always be written.
        data: serde_json::to_string(payload).ok(),
    }
}
