//! What happened in a run, for those who watch it.

use serde::{Serialize, Serializer};

use super::RequestId;
use crate::workflow::Message;

/// One thing that happened in a run. The same run has the same events wherever it runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The node that it happened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor_id: Option<&'static str>,
    /// What the node calls it, of a `custom` one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What belongs to it: a message, an output, a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<EventData>,
    /// The request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// The port that asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_executor_id: Option<&'static str>,
    /// The type of the answer that is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_type: Option<&'static str>,
    /// The superstep, from 1; 0 before the first.
    pub iteration: u32,
}

/// What can happen in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The run began; `data` is its input.
    Started,
    /// A superstep began.
    SuperstepStarted,
    /// A node got a message, which is `data`.
    ExecutorInvoked,
    /// A node added an event of its own, which `name` names; told when the node has ended.
    Custom,
    /// A node has ended; `data` lists what it sent and what it added to the outputs.
    ExecutorCompleted,
    /// A node failed; `data` says how.
    ExecutorFailed,
    /// An output of the run, which is `data`.
    Output,
    /// A port asks; `data` is the question.
    RequestInfo,
    /// An answer came; `data` is the answer.
    RequestAnswered,
    /// The time for an answer is over; `data` is what counts as the answer, if there is a default.
    RequestExpired,
    /// A question was withdrawn.
    RequestCancelled,
    /// A superstep ended.
    SuperstepCompleted,
    /// The run ended; `data` lists its outputs.
    Completed,
    /// The run failed; `data` says how.
    Failed,
    /// The run was ended from outside; `data` is the reason, if there is one. Only where runs are
    /// durable: from their histories.
    Cancelled,
    /// An answer or a withdrawal came after the request had ended, and counts for nothing. Only
    /// where runs are durable: from their histories.
    RequestIgnored,
}

/// What belongs to an event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventData {
    /// One value.
    One(Message),
    /// A list.
    List(Vec<Message>),
    /// A failure, for people: its type and its text.
    Failure {
        /// A stable name for the kind of failure.
        error_type: String,
        /// What happened.
        message: String,
    },
}

#[derive(Serialize)]
struct FailureData<'a> {
    error_type: &'a str,
    message: &'a str,
}

impl Serialize for EventData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(message) => message.serialize(serializer),
            Self::List(messages) => messages.serialize(serializer),
            Self::Failure {
                error_type,
                message,
            } => FailureData {
                error_type,
                message,
            }
            .serialize(serializer),
        }
    }
}

impl Event {
    pub(crate) fn new(kind: EventKind, iteration: u32) -> Self {
        Self {
            kind,
            executor_id: None,
            name: None,
            data: None,
            request_id: None,
            source_executor_id: None,
            response_type: None,
            iteration,
        }
    }

    pub(super) fn of_node(mut self, id: &'static str) -> Self {
        self.executor_id = Some(id);
        self
    }

    pub(crate) fn with(mut self, data: EventData) -> Self {
        self.data = Some(data);
        self
    }
}
