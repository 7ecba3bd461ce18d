//! What the history of a run has told so far. Grows event by event; no IO, clock or randomness.

use std::collections::{BTreeMap, VecDeque};

use durable_task::Timestamp;
use durable_task::wire::proto::{ExecutionCompletedEvent, OrchestrationStatus};
use serde_json::value::RawValue;

use super::tally::Tally;
use super::{RecordedEvent, RequestEnd};
use crate::workflow::Message;
use crate::workflow::durable::{Delivery, RunStatus, cancelled_request};
use crate::workflow::superstep::{Event, EventData, EventKind, RequestId};

/// How many events are kept for the next reader; who wants earlier ones reads the history again.
const EVENTS_KEPT_MAX: usize = 10_000;
/// How much of messages is kept with them, in bytes.
const BYTES_KEPT_MAX: usize = 4 << 20;
/// How many events from outside are remembered whose requests have not ended.
const ARRIVALS_MAX: usize = 1_000;

/// What a history has told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// How many events came before the first that is kept.
    forgotten: usize,
    events: VecDeque<RecordedEvent>,
    /// Of the messages in them.
    bytes: usize,
    /// The superstep of the last one.
    superstep: u32,
    /// The last one was the end of the run.
    has_ended: bool,
    pub(super) status: Option<RunStatus>,
    pub(super) tallies: BTreeMap<&'static str, Tally>,
    /// By request, without case: events have none.
    requests: BTreeMap<String, Asked>,
    arrivals: usize,
}

/// A request, perhaps one that is yet to be asked.
#[derive(Debug, Default)]
struct Asked {
    /// Its id and port, once it is asked.
    known: Option<(RequestId, Option<&'static str>)>,
    /// What came for it, in order.
    arrived: Vec<Arrival>,
    end: Option<(RequestEnd, Option<String>)>,
}

/// An answer or a withdrawal.
#[derive(Debug, PartialEq, Eq)]
struct Arrival {
    id: Option<String>,
    withdraws: bool,
}

impl Told {
    /// The index of the next event.
    pub(super) fn count(&self) -> usize {
        self.forgotten + self.events.len()
    }

    /// Whether the event of an index, and all after it, are kept or yet to come.
    pub(super) fn reaches(&self, index: usize) -> bool {
        index >= self.forgotten
    }

    /// The events from an index on.
    pub(super) fn events(&self, from: usize) -> Vec<RecordedEvent> {
        let skip = from.saturating_sub(self.forgotten);
        self.events.iter().skip(skip).cloned().collect()
    }

    /// How a request has ended, and the id of the answer that did it.
    pub(super) fn end(&self, request: &str) -> Option<(RequestEnd, Option<String>)> {
        self.requests.get(&request.to_lowercase())?.end.clone()
    }

    /// Forgets events that the next reader will hardly want.
    pub(super) fn trim(&mut self) {
        while self.events.len() > EVENTS_KEPT_MAX || self.bytes > BYTES_KEPT_MAX {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.forgotten += 1;
            self.bytes -= bytes(&oldest.event);
        }
    }

    /// An event from outside comes: it may be an answer.
    pub(super) fn arrives(&mut self, name: &str, payload: Option<&str>, at: Timestamp) {
        let cancelled = cancelled_request(name);
        let key = cancelled.unwrap_or(name).to_lowercase();
        let asked = self.requests.get(&key);
        if asked.is_some_and(|asked| asked.end.is_some()) {
            self.ignored(&key, at);
        } else if self.arrivals < ARRIVALS_MAX {
            self.arrivals += 1;
            let arrival = Arrival {
                id: payload.and_then(|payload| Delivery::of(payload).id),
                withdraws: cancelled.is_some(),
            };
            self.requests.entry(key).or_default().arrived.push(arrival);
        }
    }

    /// The run's code says what happened; `ends` are the requests that ended in it.
    pub(super) fn happens(
        &mut self,
        at: Timestamp,
        events: Vec<Event>,
        ends: &mut Vec<(RequestId, Option<String>)>,
    ) {
        for event in events {
            let end = match event.kind {
                EventKind::RequestAnswered => Some(RequestEnd::Answered),
                EventKind::RequestExpired => Some(RequestEnd::Expired),
                EventKind::RequestCancelled => Some(RequestEnd::Cancelled),
                _ => None,
            };
            if let Some(id) = event.request_id.as_ref().filter(|_| end.is_none()) {
                let asked = self.requests.entry(id.as_str().to_lowercase());
                asked.or_default().known = Some((id.clone(), event.source_executor_id));
            }
            let ended = end.zip(event.request_id.clone());
            self.push(at, event);
            if let Some((end, id)) = ended {
                let place = ends.iter().position(|(ended, _)| *ended == id);
                let by = place.and_then(|place| ends.remove(place).1);
                self.closed(&id, end, by, at);
            }
        }
    }

    /// A request has ended: whatever else came for it counts for nothing.
    fn closed(&mut self, id: &RequestId, end: RequestEnd, by: Option<String>, at: Timestamp) {
        let key = id.as_str().to_lowercase();
        let Some(asked) = self.requests.get_mut(&key) else {
            return;
        };
        let mut arrived = std::mem::take(&mut asked.arrived);
        asked.end = Some((end, by.clone()));
        self.arrivals -= arrived.len();
        if end != RequestEnd::Expired {
            let taken = Arrival {
                id: by,
                withdraws: end == RequestEnd::Cancelled,
            };
            if let Some(place) = arrived.iter().position(|arrival| *arrival == taken) {
                arrived.remove(place);
            }
        }
        for _ in arrived {
            self.ignored(&key, at);
        }
    }

    fn ignored(&mut self, key: &str, at: Timestamp) {
        let known = self.requests.get(key).and_then(|asked| asked.known.clone());
        let event = Event::new(EventKind::RequestIgnored, self.superstep);
        self.push(
            at,
            Event {
                source_executor_id: known.as_ref().and_then(|(_, port)| *port),
                request_id: known.map(|(id, _)| id),
                ..event
            },
        );
    }

    /// The history has its end. Where the run's code did not say so, this does.
    pub(super) fn ends(&mut self, end: &ExecutionCompletedEvent, at: Timestamp) {
        if self.has_ended {
            return;
        }
        let event = |kind| Event::new(kind, self.superstep);
        let event = match end.orchestration_status() {
            OrchestrationStatus::Completed => event(EventKind::Completed),
            OrchestrationStatus::Failed => {
                let details = end.failure_details.as_ref();
                let data = details.map(|details| EventData::Failure {
                    error_type: details.error_type.clone(),
                    message: details.error_message.clone(),
                });
                Event {
                    data,
                    ..event(EventKind::Failed)
                }
            }
            OrchestrationStatus::Terminated | OrchestrationStatus::Canceled => Event {
                data: end.result.as_deref().and_then(reason).map(EventData::One),
                ..event(EventKind::Cancelled)
            },
            _ => return,
        };
        self.push(at, event);
    }

    fn push(&mut self, at: Timestamp, event: Event) {
        if let Some(node) = event.executor_id.or(event.source_executor_id) {
            self.tallies.entry(node).or_default().note(&event);
        }
        self.superstep = event.iteration;
        self.has_ended = matches!(
            event.kind,
            EventKind::Completed | EventKind::Failed | EventKind::Cancelled
        );
        self.bytes += bytes(&event);
        let index = self.count();
        self.events.push_back(RecordedEvent { index, at, event });
    }
}

/// Why a run was ended: JSON, or else a text.
fn reason(text: &str) -> Option<Message> {
    let raw = match serde_json::from_str::<Box<RawValue>>(text) {
        Ok(raw) => Some(raw),
        Err(_) => serde_json::value::to_raw_value(text).ok(),
    };
    raw.map(Message::from_raw)
}

fn bytes(event: &Event) -> usize {
    match &event.data {
        None => 0,
        Some(EventData::One(message)) => message.json().len(),
        Some(EventData::List(messages)) => {
            messages.iter().map(|message| message.json().len()).sum()
        }
        Some(EventData::Failure { message, .. }) => message.len(),
    }
}

#[cfg(test)]
mod tests;
