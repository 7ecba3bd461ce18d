//! History events: made, encoded, decoded.

use std::ops::Range;

use durable_task::Timestamp;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{HistoryChunk, HistoryEvent};
use prost::Message as _;

use crate::store::StoreError;

/// The event id of everything that is not an orchestrator's decision.
const NO_ID: i32 = -1;

/// Field 1, length-delimited: what precedes each event in a `HistoryChunk`.
const EVENTS_TAG: u8 = 0x0a;

/// An event that comes from outside of an episode.
pub(super) fn incoming(at: Timestamp, event: EventType) -> HistoryEvent {
    recorded(NO_ID, at, event)
}

/// An event that records a decision.
pub(super) fn recorded(event_id: i32, at: Timestamp, event: EventType) -> HistoryEvent {
    HistoryEvent {
        event_id,
        timestamp: Some(at.into()),
        event_type: Some(event),
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<HistoryEvent, StoreError> {
    HistoryEvent::decode(bytes).map_err(|error| StoreError::Corrupt {
        operation: "read an event",
        what: error.to_string(),
    })
}

/// Events, encoded as a `HistoryChunk`. Chunks can be appended to each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chunk {
    bytes: Vec<u8>,
    events: u64,
}

impl Chunk {
    /// Adds an event; returns where its own encoding lies.
    pub fn push(&mut self, event: &HistoryEvent) -> Range<usize> {
        self.bytes.push(EVENTS_TAG);
        let length = event.encoded_len();
        prost::encoding::encode_varint(length as u64, &mut self.bytes);
        let start = self.bytes.len();
        event.encode_raw(&mut self.bytes);
        self.events += 1;
        start..self.bytes.len()
    }

    /// Adds all events of another chunk.
    pub fn append(&mut self, other: &Self) {
        self.bytes.extend_from_slice(&other.bytes);
        self.events += other.events;
    }

    /// The encoding of the event at `place`, as [`push`](Self::push) returned it.
    pub fn slice(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }

    /// The events.
    pub fn decode(&self) -> Result<Vec<HistoryEvent>, StoreError> {
        decode_chunk(&self.bytes)
    }

    /// How many events there are.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many bytes they take.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The protobuf.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The events of an encoded `HistoryChunk`.
pub fn decode_chunk(bytes: &[u8]) -> Result<Vec<HistoryEvent>, StoreError> {
    HistoryChunk::decode(bytes)
        .map(|chunk| chunk.events)
        .map_err(|error| StoreError::Corrupt {
            operation: "read a history",
            what: error.to_string(),
        })
}
