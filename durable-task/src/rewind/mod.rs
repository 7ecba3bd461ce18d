//! Takes a failed orchestration back to before its failures.
//!
//! What is left of the history replays without a mismatch: everything that the orchestrator decided
//! because of a failure goes with it. Decisions are matched by id, so a history may have gaps; what
//! is missing is asked for again.

mod index;
#[cfg(test)]
mod tests;

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{
    ExecutionCompletedEvent, ExecutionRewoundEvent, ExecutionStartedEvent, HistoryEvent,
    OrchestrationStatus, OrchestratorStartedEvent,
};
use crate::{ExecutionId, InstanceId, Status, Timestamp};

use index::{Index, Kind};

/// How to rewind an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewind {
    /// Why, for people.
    pub reason: Option<String>,
    /// The id of the execution that goes on. Always a new one: replies to the old one that are
    /// still under way must not meet it.
    pub execution_id: ExecutionId,
    /// The new execution of the parent, where that is rewound and this is its child.
    pub parent_execution_id: Option<ExecutionId>,
    /// When.
    pub at: Timestamp,
}

/// A rewound instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewound {
    /// The new history. It ends with an `ExecutionRewound`; the next episode replays it and asks
    /// again for what was taken back.
    pub history: Vec<HistoryEvent>,
    /// Children whose failure was taken back, with the ids of their decisions: to be rewound, too,
    /// with [`Rewind::execution_id`] as the execution of their parent.
    pub failed_children: Vec<(i32, InstanceId)>,
    /// Children that have not answered: their answer has to reach the new execution.
    pub open_children: Vec<(i32, InstanceId)>,
}

/// Why an instance can't be rewound. Repeating does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewindError {
    /// Only what has failed can be rewound.
    #[error("only a failed orchestration can be rewound, this one is {status:?}")]
    NotFailed {
        /// Where it stands.
        status: Status,
    },
    /// The events are no history of an orchestration.
    #[error("the history has no start")]
    NoStart,
}

/// Rewinds the history of a failed orchestration.
///
/// - Failures of activities and sub-orchestrations that ended the orchestration are taken back:
///   the activities are called again, the sub-orchestrations are listed to be rewound. A failure
///   that the code dealt with, and all results, stay.
/// - If the code went on after the failure that ended it (it made up for something, or other
///   branches went on), what it decided since is taken back with it, and done again.
/// - So is a critical section that the end has left: its locks are requested again.
/// - What was under way, such as activities and timers without an answer, is asked for again,
///   because the new execution does not hear of the old answers.
/// - If the orchestrator failed by itself, only its end is taken back: with the same code it fails
///   again, with repaired code it goes on.
///
/// # Errors
///
/// If the history is not that of a failed orchestration.
pub fn rewind(history: &[HistoryEvent], order: &Rewind) -> Result<Rewound, RewindError> {
    let rewound = ExecutionRewoundEvent {
        reason: order.reason.clone(),
        parent_execution_id: text(order.parent_execution_id.as_ref()),
        ..ExecutionRewoundEvent::default()
    };
    let tail = [
        EventType::OrchestratorStarted(OrchestratorStartedEvent {}),
        EventType::ExecutionRewound(rewound),
    ];
    let tail = tail.map(|event| HistoryEvent {
        event_id: -1,
        timestamp: Some(order.at.into()),
        event_type: Some(event),
    });
    rewind_with(history, order, tail.into())
}

/// The same, with the events that an engine has already written for it.
pub(crate) fn rewind_with(
    history: &[HistoryEvent],
    order: &Rewind,
    tail: Vec<HistoryEvent>,
) -> Result<Rewound, RewindError> {
    let end = check(history)?;
    let index = Index::new(history);
    let cut = Cut::new(history, &index, end);
    let mut rewound = Rewound {
        history: Vec::with_capacity(history.len() + tail.len()),
        failed_children: Vec::new(),
        open_children: Vec::new(),
    };
    for (position, event) in history.iter().enumerate() {
        if cut.keeps(&index, position, event) {
            rewound.history.push(restarted(event, order));
        }
    }
    for (id, decision) in &index.decisions {
        let Kind::Child { instance, detached } = &decision.kind else {
            continue;
        };
        if decision.position >= cut.decisions_from || *detached {
            continue;
        }
        let child = (*id, InstanceId::from_stored(instance.as_str()));
        match &decision.reply {
            None => rewound.open_children.push(child),
            Some(reply) if cut.takes_back(reply.position, reply.failure.is_some()) => {
                rewound.failed_children.push(child);
            }
            Some(_) => {}
        }
    }
    rewound.history.extend(tail);
    Ok(rewound)
}

/// The end of a failed orchestration.
fn check(history: &[HistoryEvent]) -> Result<&ExecutionCompletedEvent, RewindError> {
    let mut events = history.iter().map(|event| &event.event_type);
    if !events.any(|event| matches!(event, Some(EventType::ExecutionStarted(_)))) {
        return Err(RewindError::NoStart);
    }
    let end = history
        .iter()
        .rev()
        .find_map(|event| match &event.event_type {
            Some(EventType::ExecutionCompleted(end)) => Some(end),
            _ => None,
        });
    let end = end.ok_or(RewindError::NotFailed {
        status: Status::Running,
    })?;
    let status = match end.orchestration_status() {
        OrchestrationStatus::Failed => return Ok(end),
        OrchestrationStatus::Terminated => Status::Terminated,
        OrchestrationStatus::Canceled => Status::Canceled,
        OrchestrationStatus::ContinuedAsNew => Status::ContinuedAsNew,
        _ => Status::Completed,
    };
    Err(RewindError::NotFailed { status })
}

/// From where on things are taken back.
#[derive(Debug)]
struct Cut {
    /// Decisions from here on.
    decisions_from: usize,
    /// Failures of activities and children from here on.
    failures_from: usize,
}

impl Cut {
    fn new(history: &[HistoryEvent], index: &Index, end: &ExecutionCompletedEvent) -> Self {
        let last_decision = index.last_decision();
        let culprit = index.culprit(end);
        let mut decisions_from = match culprit {
            // The code went on after the failure that ended it in the end.
            Some(culprit) if last_decision.is_some_and(|last| culprit < last) => culprit,
            _ => history.len(),
        };
        let after_last = last_decision.map_or(0, |last| last + 1);
        let first_failure = index.failures().filter(|failure| *failure >= after_last);
        let last_batch = history
            .iter()
            .rposition(|event| matches!(event.event_type, Some(EventType::OrchestratorStarted(_))));
        // Releases that the end has made, if nothing has failed but the code itself.
        let end_from = first_failure.min().or(last_batch).unwrap_or(0);
        // An engine that has ended it, as for a history that was too large, has released locks
        // without a record of that.
        if let Some(request) = index.section_never_left() {
            decisions_from = decisions_from.min(request);
        }
        // A critical section that was left is taken back as a whole.
        while let Some(request) = index.section_left_after(decisions_from.min(end_from))
            && request < decisions_from
        {
            decisions_from = request;
        }
        Self {
            decisions_from,
            failures_from: decisions_from.min(after_last),
        }
    }

    fn takes_back(&self, position: usize, is_failure: bool) -> bool {
        is_failure && position >= self.failures_from
    }

    fn keeps(&self, index: &Index, position: usize, event: &HistoryEvent) -> bool {
        if matches!(event.event_type, Some(EventType::ExecutionCompleted(_))) {
            return false;
        }
        if let Some((_, decision)) = index.decision_at(position) {
            if position >= self.decisions_from {
                return false;
            }
            return match (&decision.kind, &decision.reply) {
                // A child goes on by itself, or is rewound by itself.
                (Kind::Child { .. }, _) => true,
                (Kind::Activity, Some(reply)) => {
                    !self.takes_back(reply.position, reply.failure.is_some())
                }
                (kind, reply) => reply.is_some() || !kind.is_answered(),
            };
        }
        match index.answered_by(position) {
            Some((decision, is_failure)) => {
                decision < self.decisions_from && !self.takes_back(position, is_failure)
            }
            None => true,
        }
    }
}

/// The event in the new execution.
fn restarted(event: &HistoryEvent, order: &Rewind) -> HistoryEvent {
    let mut event = event.clone();
    if let Some(EventType::ExecutionStarted(started)) = &mut event.event_type {
        set_execution(started, order);
    }
    event
}

fn set_execution(started: &mut ExecutionStartedEvent, order: &Rewind) {
    let instance = started.orchestration_instance.get_or_insert_default();
    instance.execution_id = Some(order.execution_id.as_str().to_owned());
    if let Some(execution) = &order.parent_execution_id
        && let Some(parent) = &mut started.parent_instance
        && let Some(parent) = &mut parent.orchestration_instance
    {
        parent.execution_id = Some(execution.as_str().to_owned());
    }
}

fn text(execution: Option<&ExecutionId>) -> Option<String> {
    execution.map(|execution| execution.as_str().to_owned())
}
