//! Why a run failed.

use std::time::Duration;

use durable_task::Failure;

use super::{PAYLOAD_BYTES_MAX, RequestId};
use crate::workflow::{OutputCount, RouteError};

/// Why a run of a workflow failed. None of it can be mended by repeating the run with the same
/// program and the same answers, save [`Node`](Self::Node) where its cause can.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A node failed.
    #[error("node `{node}` failed in superstep {superstep}: {cause}")]
    Node {
        /// Which node.
        node: &'static str,
        /// When.
        superstep: u32,
        /// Why.
        cause: Box<Failure>,
    },
    /// A message could not be handed on: a mistake in a conversion.
    #[error("what `{source_id}` sent could not be handed on: {cause}")]
    Route {
        /// Who sent it.
        source_id: &'static str,
        /// Why.
        cause: RouteError,
    },
    /// A message for `each` is no list.
    #[error("`each({node})` was sent something that is no list: {problem}")]
    NoList {
        /// The node that runs once per item.
        node: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A node sent a number of messages that the graph does not allow.
    #[error("node `{node}` gave {count} messages; without `sends` it is one")]
    Messages {
        /// Which node.
        node: &'static str,
        /// How many.
        count: usize,
    },
    /// Two tasks of one superstep wrote a slot that has no reducer.
    #[error(
        "{} wrote the slot `{slot}` at the same time, in superstep {superstep}; add \
         `#[slot(reduce = ..)]` to it",
        both(first, second)
    )]
    Conflict {
        /// Which slot.
        slot: &'static str,
        /// Who wrote first, in the order of the tasks.
        first: &'static str,
        /// Who wrote then; the same if it was run twice.
        second: &'static str,
        /// When.
        superstep: u32,
    },
    /// Two tasks of one superstep wrote one key of a keyed slot.
    #[error(
        "{} wrote key {key} of the slot `{slot}` at the same time, in superstep {superstep}; give \
         each its own keys",
        both(first, second)
    )]
    KeyConflict {
        /// Which slot.
        slot: &'static str,
        /// Which key, as JSON.
        key: String,
        /// Who wrote first, in the order of the tasks.
        first: &'static str,
        /// Who wrote then; the same if it was run twice.
        second: &'static str,
        /// When.
        superstep: u32,
    },
    /// The state would be larger than it may be.
    #[error("after superstep {superstep}, {problem}")]
    StateTooLarge {
        /// The slot that was written last, and the limit.
        problem: String,
        /// When; 0 for the values at the start.
        superstep: u32,
    },
    /// Code of the program that must not panic did: what an edge, an output or a slot is made with.
    #[error("{place} panicked: {problem}")]
    Panic {
        /// Which code.
        place: String,
        /// What the panic said.
        problem: String,
    },
    /// A slot could not be filled or merged: a mistake in its default or reducer.
    #[error("the slot `{slot}`: {cause}")]
    Slot {
        /// Which slot.
        slot: &'static str,
        /// Why.
        cause: RouteError,
    },
    /// A node wrote a slot that it does not declare.
    #[error("node `{node}` wrote the slot {slot} without having declared it")]
    Undeclared {
        /// Which node.
        node: &'static str,
        /// The index of the slot.
        slot: usize,
    },
    /// The run took too many supersteps.
    #[error(
        "the run did not end within {max} supersteps; messages were waiting for {}",
        names(waiting)
    )]
    Supersteps {
        /// How many it may take.
        max: u32,
        /// The nodes that had messages waiting.
        waiting: Vec<&'static str>,
    },
    /// A message or all outputs together are too large.
    #[error("{what} takes {bytes} bytes of JSON, and the limit is {PAYLOAD_BYTES_MAX}")]
    TooLarge {
        /// What is.
        what: String,
        /// How large it is.
        bytes: usize,
    },
    /// Too many messages at once.
    #[error("{count} messages at once are more than {max}, from `{source_id}`")]
    TooManyMessages {
        /// Who sent the last of them.
        source_id: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A fan-in got messages from some of its sources and none from others, and nothing more can
    /// come.
    #[error(
        "the run ended while the fan-in before `{target}` still had {count} of `{source_id}` that \
         nothing from {} goes with",
        names(missing)
    )]
    Leftover {
        /// The node behind the fan-in.
        target: &'static str,
        /// A source whose message is left.
        source_id: &'static str,
        /// How many are left of it.
        count: usize,
        /// The sources that had none.
        missing: Vec<&'static str>,
    },
    /// The time for an answer is over, and there is no default.
    #[error("request `{request}` of `{node}` was not answered within {limit:?}")]
    Expired {
        /// Which request.
        request: RequestId,
        /// The port.
        node: &'static str,
        /// How long it waited.
        limit: Duration,
    },
    /// The default answer of a port could not be given.
    #[error("the default answer to request `{request}` of `{node}` failed: {cause}")]
    Default {
        /// Which request.
        request: RequestId,
        /// The port.
        node: &'static str,
        /// Why.
        cause: Box<Failure>,
    },
    /// The run ended with a number of outputs that its type does not have.
    #[error(
        "a run of `{workflow}` gives {}, and this one gave {count}{}",
        expected_outputs(*expected), withdrawn(cancelled)
    )]
    Outputs {
        /// Which workflow.
        workflow: &'static str,
        /// How many outputs it has.
        expected: OutputCount,
        /// How many there were.
        count: usize,
        /// The requests that were withdrawn, which may be why.
        cancelled: Vec<RequestId>,
    },
    /// The run took longer than it may.
    #[error("the run of `{workflow}` took longer than {limit:?}")]
    Timeout {
        /// Which workflow.
        workflow: &'static str,
        /// How long it may take.
        limit: Duration,
    },
    /// The graph or the results of tasks are not what they must be: a bug of whoever made them.
    #[error("internal: {problem}")]
    Internal {
        /// What is wrong.
        problem: String,
    },
}

/// Two tasks, which may be of one node.
fn both(first: &str, second: &str) -> String {
    if first == second {
        format!("two runs of `{first}`")
    } else {
        format!("`{first}` and `{second}`")
    }
}

fn names(of: &[&str]) -> String {
    let quoted: Vec<String> = of.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn expected_outputs(count: OutputCount) -> &'static str {
    match count {
        OutputCount::None => "no output",
        OutputCount::One => "exactly one output",
        OutputCount::AtMostOne => "at most one output",
        OutputCount::Any => "any number of outputs",
    }
}

fn withdrawn(requests: &[RequestId]) -> String {
    if requests.is_empty() {
        return String::new();
    }
    let ids: Vec<&str> = requests.iter().map(RequestId::as_str).collect();
    format!("; withdrawn requests: {}", names(&ids))
}

impl RunError {
    /// A stable name for the kind of failure, as it is recorded.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Node { .. } => "NodeFailed",
            Self::Route { .. } | Self::NoList { .. } | Self::Messages { .. } => "RoutingFailed",
            Self::Conflict { .. } | Self::KeyConflict { .. } => "StateConflict",
            Self::StateTooLarge { .. } => "StateTooLarge",
            Self::TooLarge { .. } => "PayloadTooLarge",
            Self::Panic { .. } => "Panic",
            Self::Slot { .. } | Self::Undeclared { .. } => "StateFailed",
            Self::Supersteps { .. } => "SuperstepsExceeded",
            Self::TooManyMessages { .. } => "TooManyMessages",
            Self::Leftover { .. } => "FanInIncomplete",
            Self::Expired { .. } => "RequestExpired",
            Self::Default { .. } => "DefaultAnswerFailed",
            Self::Outputs { .. } => "OutputCount",
            Self::Timeout { .. } => "Timeout",
            Self::Internal { .. } => "Internal",
        }
    }

    pub(super) fn internal(problem: impl Into<String>) -> Self {
        Self::Internal {
            problem: problem.into(),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let failure = Self::new(error.error_type(), error.to_string());
        match error {
            RunError::Node { cause, .. } if !cause.non_retriable => failure.caused_by(*cause),
            RunError::Node { cause, .. } | RunError::Default { cause, .. } => {
                failure.non_retriable().caused_by(*cause)
            }
            _ => failure.non_retriable(),
        }
    }
}
