//! A whole history against the code of today: the first place where they part.

use std::panic::Location;

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{ExecutionCompletedEvent, HistoryEvent, OrchestrationStatus};

use super::complete::Completion;
use super::decision::{Decision, is_recorded};
use super::mismatch::{Difference, Mismatch};
use super::replay::SPLIT_EPISODE_TIMER_ID;
use super::session::Session;
use super::state::State;

/// What an audit found.
#[derive(Debug)]
pub(crate) struct Audit {
    /// Batches of events that were played.
    pub(crate) episodes: usize,
    /// Whether the history has its end.
    pub(crate) ended: bool,
    pub(crate) finding: Option<Finding>,
    pub(crate) differences: Vec<Difference>,
}

/// The first place where code and history part.
#[derive(Debug)]
pub(crate) enum Finding {
    /// The history records a decision that the code does not make there.
    Mismatch(Mismatch),
    /// The code asks for something that the history never recorded.
    Extra {
        position: usize,
        id: i32,
        given: String,
        at: &'static Location<'static>,
    },
    /// The code has ended where the history goes on.
    EndsEarlier {
        position: usize,
        recorded: Option<String>,
        given: String,
    },
    /// The history has ended where the code goes on.
    EndsLater {
        position: usize,
        recorded: String,
        given: Option<(String, &'static Location<'static>)>,
        awaited: Option<&'static Location<'static>>,
    },
    /// Both end, but not alike.
    EndsOtherwise {
        position: usize,
        recorded: String,
        given: String,
    },
}

impl Session {
    /// Plays a history. The session must be new.
    pub(crate) fn audit(mut self, history: Vec<HistoryEvent>) -> Audit {
        self.state.borrow_mut().differences = Some(Vec::new());
        self.state.borrow_mut().replaying = true;
        let mut batch = Batch::new(&history);
        let last = history.len().saturating_sub(1);
        let mut finding = None;
        for (position, event) in history.into_iter().enumerate() {
            let closes_batch = batch.before(position, &event);
            if closes_batch {
                finding = batch.check(&self.state.borrow(), position.saturating_sub(1));
            }
            finding = finding.or_else(|| self.audit_event(position, event, &mut batch));
            if finding.is_none() && position == last && batch.is_closed {
                finding = batch.check(&self.state.borrow(), position);
            }
            if finding.is_some() {
                break;
            }
        }
        let differences = self.state.borrow_mut().differences.take();
        Audit {
            episodes: batch.count,
            ended: batch.end_recorded,
            finding,
            differences: differences.unwrap_or_default(),
        }
    }

    fn audit_event(
        &mut self,
        position: usize,
        event: HistoryEvent,
        batch: &mut Batch,
    ) -> Option<Finding> {
        if let Some(EventType::ExecutionCompleted(end)) = &event.event_type {
            batch.end_recorded = true;
            return self.state.borrow_mut().audit_end(position, end);
        }
        let decision = event.event_type.as_ref().and_then(Decision::of_event);
        let ended_before = self.state.borrow().ending();
        self.take_in(event, position);
        let mut state = self.state.borrow_mut();
        if let Some(mismatch) = state.mismatch.take() {
            return Some(match ended_before {
                Some(given) => Finding::EndsEarlier {
                    position,
                    recorded: decision.map(|decision| decision.to_string()),
                    given,
                },
                None => Finding::Mismatch(mismatch),
            });
        }
        if state.completion.is_some() {
            // The releases come before the end in a history.
            state.release_locks(Location::caller());
        }
        None
    }
}

impl State {
    /// How the code has ended, if it has.
    fn ending(&self) -> Option<String> {
        Some(match self.completion.as_ref()? {
            Completion::Finished(Ok(result)) => match result {
                Some(result) => format!("the code returns {result}"),
                None => String::from("the code returns nothing"),
            },
            Completion::Finished(Err(failure)) => format!("the code fails: {failure}"),
            Completion::ContinueAsNew { .. } => String::from("the code continues as new"),
            Completion::Terminated { .. } => String::from("the instance is terminated"),
        })
    }

    fn status(&self) -> Option<OrchestrationStatus> {
        Some(match self.completion.as_ref()? {
            Completion::Finished(Ok(_)) => OrchestrationStatus::Completed,
            Completion::Finished(Err(_)) => OrchestrationStatus::Failed,
            Completion::ContinueAsNew { .. } => OrchestrationStatus::ContinuedAsNew,
            Completion::Terminated { .. } => OrchestrationStatus::Terminated,
        })
    }

    /// A command that has no event, if there is one: its id, what it is, its line.
    fn unrecorded(&self) -> Option<(i32, String, &'static Location<'static>)> {
        let mut open = self.commands.iter();
        let (id, command) = open.find(|(_, command)| is_recorded(&command.action))?;
        let given = Decision::of_action(&command.action).to_string();
        Some((*id, given, command.at))
    }

    /// Compares the recorded end with that of the code.
    fn audit_end(&mut self, position: usize, end: &ExecutionCompletedEvent) -> Option<Finding> {
        let recorded = describe_end(end);
        let (Some(given), Some(status)) = (self.ending(), self.status()) else {
            return Some(Finding::EndsLater {
                position,
                recorded,
                given: self.unrecorded().map(|(_, given, at)| (given, at)),
                awaited: self.last_awaited(),
            });
        };
        if status != end.orchestration_status() {
            return Some(Finding::EndsOtherwise {
                position,
                recorded,
                given,
            });
        }
        if let Some((id, given, at)) = self.unrecorded() {
            return Some(Finding::Extra {
                position,
                id,
                given,
                at,
            });
        }
        self.audit_result(position, end);
        None
    }

    fn audit_result(&mut self, position: usize, end: &ExecutionCompletedEvent) {
        let (recorded, given) = match &self.completion {
            Some(Completion::Finished(Ok(result))) => (end.result.clone(), result.clone()),
            Some(Completion::Finished(Err(failure))) => (
                end.failure_details
                    .as_ref()
                    .map(|details| format!("{}: {}", details.error_type, details.error_message)),
                Some(format!("{}: {}", failure.error_type, failure.message)),
            ),
            _ => return,
        };
        let (recorded, given) = (recorded.unwrap_or_default(), given.unwrap_or_default());
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let same = recorded == given
            || value(&recorded).is_some_and(|recorded| Some(recorded) == value(&given));
        if let Some(differences) = &mut self.differences
            && !same
        {
            differences.push(Difference {
                position,
                id: self.next_id,
                what: String::from("the result of the orchestration"),
                recorded,
                given,
                at: self.last_awaited.unwrap_or_else(|| Location::caller()),
            });
        }
    }
}

/// How a history says that it ended.
fn describe_end(end: &ExecutionCompletedEvent) -> String {
    match end.orchestration_status() {
        OrchestrationStatus::Completed => String::from("the end with a result"),
        OrchestrationStatus::Failed => {
            let details = end.failure_details.as_ref();
            let cause = details.map_or_else(String::new, |details| {
                format!(" ({}: {})", details.error_type, details.error_message)
            });
            format!("the end with a failure{cause}")
        }
        OrchestrationStatus::Terminated => String::from("the end by a termination"),
        OrchestrationStatus::ContinuedAsNew => String::from("the end by continue-as-new"),
        other => format!("the end as {}", other.as_str_name()),
    }
}

/// The batch of events that is being played.
struct Batch {
    count: usize,
    /// Its decisions are complete: what the code asked for and is not there is missing.
    is_closed: bool,
    end_recorded: bool,
    /// An engine wrote only a part of its decisions.
    is_split: bool,
    /// Up to here the history has gaps: it was rewound, and what is missing was asked for again.
    gaps_until: Option<usize>,
}

impl Batch {
    fn new(history: &[HistoryEvent]) -> Self {
        let gaps_until = history.iter().rposition(|event| {
            matches!(
                event.event_type,
                Some(EventType::ExecutionRewound(_) | EventType::GenericEvent(_))
            )
        });
        Self {
            count: 0,
            is_closed: false,
            end_recorded: false,
            is_split: false,
            gaps_until,
        }
    }

    /// An event comes; returns whether the batch before it ends here.
    fn before(&mut self, position: usize, event: &HistoryEvent) -> bool {
        match &event.event_type {
            Some(EventType::OrchestratorStarted(_)) => {
                let was_split = std::mem::take(&mut self.is_split);
                self.count += 1;
                self.is_closed = false;
                position > 0 && !was_split
            }
            Some(EventType::TimerCreated(_)) if event.event_id == SPLIT_EPISODE_TIMER_ID => {
                self.is_split = true;
                false
            }
            Some(EventType::OrchestratorCompleted(_)) => {
                self.is_closed = !self.is_split;
                false
            }
            _ => {
                self.is_closed = false;
                false
            }
        }
    }

    /// Whether the code has done more than the batch that ends at `position` records.
    fn check(&self, state: &State, position: usize) -> Option<Finding> {
        let has_gaps = self.gaps_until.is_some_and(|until| position <= until);
        if self.end_recorded || has_gaps || state.suspension.is_some() {
            return None;
        }
        if let Some(given) = state.ending() {
            return Some(Finding::EndsEarlier {
                position,
                recorded: None,
                given,
            });
        }
        let (id, given, at) = state.unrecorded()?;
        Some(Finding::Extra {
            position,
            id,
            given,
            at,
        })
    }
}
