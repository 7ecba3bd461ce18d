//! Entity messages in the form of events: what workers send that know no entity messages.
//!
//! The event's name says what it is: `op` is an operation or a lock request, `op@TIME` one for
//! later, `release` gives a lock back. A reply is an event that has the request's id as its name.
//! The engine works with the same events for both forms; [`SENT_AS_EVENT`] marks those whose reply
//! goes back as an event.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    EntityLockRequestedEvent, EntityOperationCalledEvent, EntityOperationSignaledEvent,
    EntityUnlockSentEvent, EventRaisedEvent, TaskFailureDetails,
};
use durable_task::{InstanceId, Timestamp};
use prost_types::value::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The event id of an entity message that came as an event.
pub(super) const SENT_AS_EVENT: i32 = -2;

const OPERATION: &str = "op";
const LATER: &str = "op@";
const RELEASE: &str = "release";

/// What the reply to a lock request says. Nobody looks at it.
const GRANTED: &str = "Lock Acquisition Completed";

/// An entity message that came as an event.
#[derive(Debug, Clone, PartialEq)]
pub struct SentEvent {
    /// What it is.
    pub event: EventType,
    /// When it is to be delivered, if not now.
    pub due: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Request {
    op: Option<String>,
    #[serde(default)]
    signal: bool,
    input: Option<String>,
    id: String,
    due: Option<String>,
    lockset: Option<Vec<Locked>>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    key: String,
}

#[derive(Deserialize)]
struct Release {
    parent: Option<String>,
    id: String,
}

/// The entity message that an event to an entity is; the error says why it is none.
pub fn entity_message(target: &InstanceId, raised: &EventRaisedEvent) -> Result<SentEvent, String> {
    let input = raised.input.as_deref().unwrap_or("null");
    let target = Some(target.to_string());
    if raised.name == RELEASE {
        let release: Release = read(input)?;
        let event = EventType::EntityUnlockSent(EntityUnlockSentEvent {
            critical_section_id: release.id,
            parent_instance_id: release.parent,
            target_instance_id: target,
        });
        return Ok(SentEvent { event, due: None });
    }
    let later = raised.name.strip_prefix(LATER);
    if raised.name != OPERATION && later.is_none() {
        return Err(format!(
            "an entity takes events named `op`, `op@TIME` and `release`, and this one is `{}`",
            raised.name
        ));
    }
    let request: Request = read(input)?;
    // The true time is in the request; the name's may be earlier, for backends that wait in steps.
    let due = match request.due.as_deref().or(later) {
        Some(text) => Some(Timestamp::parse(text).ok_or_else(|| format!("`{text}` is no time"))?),
        None => None,
    };
    Ok(SentEvent {
        event: request.into_event(target, due),
        due,
    })
}

fn read<'a, T: Deserialize<'a>>(input: &'a str) -> Result<T, String> {
    serde_json::from_str(input).map_err(|error| format!("its input can't be read: {error}"))
}

impl Request {
    fn into_event(self, target: Option<String>, due: Option<Timestamp>) -> EventType {
        if let Some(set) = self.lockset {
            let set = set.into_iter();
            return EventType::EntityLockRequested(EntityLockRequestedEvent {
                critical_section_id: self.id,
                lock_set: set.map(|id| format!("@{}@{}", id.name, id.key)).collect(),
                position: 0,
                parent_instance_id: None,
            });
        }
        let operation = self.op.unwrap_or_default();
        let scheduled_time = due.map(Into::into);
        if self.signal {
            return EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
                request_id: self.id,
                operation,
                scheduled_time,
                input: self.input,
                target_instance_id: target,
            });
        }
        EventType::EntityOperationCalled(EntityOperationCalledEvent {
            request_id: self.id,
            operation,
            scheduled_time,
            input: self.input,
            parent_instance_id: None,
            parent_execution_id: None,
            target_instance_id: target,
        })
    }
}

#[derive(Serialize)]
struct Reply<'a> {
    result: Option<&'a str>,
    #[serde(rename = "failureDetails", skip_serializing_if = "Option::is_none")]
    failure: Option<Failed<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failed<'a> {
    error_type: &'a str,
    error_message: &'a str,
    stack_trace: Option<&'a str>,
    inner_failure: Option<Box<Failed<'a>>>,
    is_non_retriable: bool,
    properties: Map<String, Value>,
}

impl<'a> Failed<'a> {
    fn new(details: &'a TaskFailureDetails) -> Self {
        let inner = details.inner_failure.as_deref();
        let properties = details.properties.iter();
        Self {
            error_type: &details.error_type,
            error_message: &details.error_message,
            stack_trace: details.stack_trace.as_deref(),
            inner_failure: inner.map(|inner| Box::new(Self::new(inner))),
            is_non_retriable: details.is_non_retriable,
            properties: properties
                .map(|(name, value)| (name.clone(), json(value)))
                .collect(),
        }
    }
}

/// A property. Failures are bounded before they come here, so this does not go deep.
fn json(value: &prost_types::Value) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => Value::Bool(*value),
        Some(Kind::NumberValue(value)) => {
            serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number)
        }
        Some(Kind::StringValue(value)) => Value::String(value.clone()),
        Some(Kind::ListValue(list)) => Value::Array(list.values.iter().map(json).collect()),
        Some(Kind::StructValue(object)) => {
            let fields = object.fields.iter();
            Value::Object(
                fields
                    .map(|(key, value)| (key.clone(), json(value)))
                    .collect(),
            )
        }
    }
}

/// The reply to a call, as an event.
pub(super) fn reply(
    request_id: String,
    outcome: Result<Option<&str>, &TaskFailureDetails>,
) -> EventType {
    let (result, failure) = match outcome {
        Ok(result) => (result, None),
        Err(details) => (None, Some(Failed::new(details))),
    };
    let reply = serde_json::to_string(&Reply { result, failure });
    EventType::EventRaised(EventRaisedEvent {
        name: request_id,
        // Texts and finite numbers can always be written.
        input: reply.ok(),
    })
}

/// The reply to a lock request, as an event.
pub(super) fn granted(section: String) -> EventType {
    reply(section, Ok(Some(GRANTED)))
}
