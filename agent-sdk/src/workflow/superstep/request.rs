//! Questions to somebody outside that wait for an answer.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::workflow::{InvalidMessage, Message, PortDefinition};

/// The id of a request within its run: `{port}-{round}`, where the round counts the questions of
/// that port from 0. It is the same in every replay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    /// The id of a question of a port.
    pub fn new(port: &str, round: u32) -> Self {
        Self(format!("{port}-{round}"))
    }

    /// An id that came from outside.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The port and the round that it was made of, if it was.
    pub(super) fn parts(&self) -> Option<(&str, u32)> {
        let (port, round) = self.0.rsplit_once('-')?;
        let number: u32 = round.parse().ok()?;
        // No other spelling of the number is an id.
        (number.to_string() == round).then_some((port, number))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A question that waits for an answer.
#[derive(Clone)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The port, by its index.
    pub node: usize,
    /// The port's id.
    pub node_id: &'static str,
    /// How often the port had asked before.
    pub round: u32,
    /// The question.
    pub data: Message,
    /// The port: types, time limit, check of answers.
    pub port: PortDefinition,
    /// The item of `each` that asks.
    pub(super) item: Option<super::flow::Item>,
}

impl Request {
    /// How long to wait for an answer.
    pub fn timeout(&self) -> Option<Duration> {
        self.port.timeout
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("node_id", &self.node_id)
            .finish_non_exhaustive()
    }
}

/// Why an answer was not taken. The run is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No such question was asked.
    #[error("there is no request `{0}`")]
    Unknown(RequestId),
    /// It was answered, has expired or was withdrawn, or the run has ended.
    #[error("request `{0}` is not open any more")]
    Closed(RequestId),
    /// The answer has not the type that is wanted; the request stays open.
    #[error("the answer to request `{id}` does not fit: {problem}")]
    Invalid {
        /// Which request.
        id: RequestId,
        /// What is wrong and where.
        problem: InvalidMessage,
    },
}

/// The open requests, in the order in which they were asked.
#[derive(Debug, Default)]
pub(super) struct Requests {
    next: u64,
    by_id: BTreeMap<RequestId, u64>,
    in_order: BTreeMap<u64, Request>,
}

impl Requests {
    pub(super) fn open(&mut self, request: Request) {
        self.by_id.insert(request.id.clone(), self.next);
        self.in_order.insert(self.next, request);
        self.next += 1;
    }

    pub(super) fn get(&self, id: &RequestId) -> Option<&Request> {
        self.in_order.get(self.by_id.get(id)?)
    }

    pub(super) fn close(&mut self, id: &RequestId) -> Option<Request> {
        let place = self.by_id.remove(id)?;
        self.in_order.remove(&place)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Request> {
        self.in_order.values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }
}
