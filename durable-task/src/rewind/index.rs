//! Decisions of a history with their answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::episode::FIRE_AND_FORGET;
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{ExecutionCompletedEvent, HistoryEvent, TaskFailureDetails};

/// What a decision asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Activity,
    Timer,
    Child {
        instance: String,
        /// Nobody waits for it.
        detached: bool,
    },
    /// A call of an entity, by the id of the request.
    Call(String),
    /// A lock request, by the id of the critical section.
    Lock(String),
    /// The release of one entity of a critical section.
    Unlock(String),
    /// Events to others and signals: nobody answers.
    OneWay,
}

impl Kind {
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self, Self::Unlock(_) | Self::OneWay)
    }
}

#[derive(Debug)]
pub(super) struct Decision {
    pub(super) position: usize,
    pub(super) kind: Kind,
    pub(super) reply: Option<Reply>,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) position: usize,
    /// If it is a failure of an activity or a child.
    pub(super) failure: Option<TaskFailureDetails>,
}

/// All decisions of a history, by id.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) decisions: BTreeMap<i32, Decision>,
    by_position: BTreeMap<usize, i32>,
    by_request: BTreeMap<String, i32>,
    /// From the position of a reply to the decision.
    replies: BTreeMap<usize, i32>,
}

impl Index {
    pub(super) fn new(history: &[HistoryEvent]) -> Self {
        let mut index = Self::default();
        for (position, event) in history.iter().enumerate() {
            let Some(kind) = &event.event_type else {
                continue;
            };
            // Markers of engines have negative ids.
            match decided(kind) {
                Some(decided) if event.event_id >= 0 => {
                    index.decide(position, event.event_id, decided);
                }
                Some(_) => {}
                None => index.answer(position, kind),
            }
        }
        index
    }

    fn decide(&mut self, position: usize, id: i32, kind: Kind) {
        if let Kind::Call(request) | Kind::Lock(request) = &kind {
            self.by_request.insert(request.clone(), id);
        }
        self.by_position.insert(position, id);
        let reply = None;
        let decision = Decision {
            position,
            kind,
            reply,
        };
        self.decisions.insert(id, decision);
    }

    fn answer(&mut self, position: usize, event: &EventType) {
        let (id, fits, failure): (i32, fn(&Kind) -> bool, _) = match event {
            EventType::TaskCompleted(done) => (done.task_scheduled_id, is_activity, None),
            EventType::TaskFailed(failed) => (
                failed.task_scheduled_id,
                is_activity,
                Some(failed.failure_details.clone().unwrap_or_default()),
            ),
            EventType::SubOrchestrationInstanceCompleted(done) => {
                (done.task_scheduled_id, is_child, None)
            }
            EventType::SubOrchestrationInstanceFailed(failed) => (
                failed.task_scheduled_id,
                is_child,
                Some(failed.failure_details.clone().unwrap_or_default()),
            ),
            EventType::TimerFired(fired) => (fired.timer_id, is_timer, None),
            other => {
                let request = answered_request(other).map(str::to_lowercase);
                let Some(id) = request.and_then(|request| self.by_request.get(&request)) else {
                    return;
                };
                (*id, Kind::is_answered, None)
            }
        };
        let Some(decision) = self.decisions.get_mut(&id) else {
            return;
        };
        if fits(&decision.kind) && decision.reply.is_none() {
            decision.reply = Some(Reply { position, failure });
            self.replies.insert(position, id);
        }
    }

    pub(super) fn decision_at(&self, position: usize) -> Option<(i32, &Decision)> {
        let id = *self.by_position.get(&position)?;
        Some((id, self.decisions.get(&id)?))
    }

    /// The position of the decision that the event at `position` answers, and whether it is a
    /// failure of an activity or a child.
    pub(super) fn answered_by(&self, position: usize) -> Option<(usize, bool)> {
        let decision = self.decisions.get(self.replies.get(&position)?)?;
        let failed = decision.reply.as_ref()?.failure.is_some();
        Some((decision.position, failed))
    }

    /// The last decision that is not made by an end.
    pub(super) fn last_decision(&self) -> Option<usize> {
        let decisions = self.decisions.values();
        let made = decisions.filter(|decision| !matches!(decision.kind, Kind::Unlock(_)));
        made.map(|decision| decision.position).max()
    }

    /// Where activities and children have failed.
    pub(super) fn failures(&self) -> impl Iterator<Item = usize> {
        let replies = self.decisions.values().filter_map(|it| it.reply.as_ref());
        let failures = replies.filter(|reply| reply.failure.is_some());
        failures.map(|reply| reply.position)
    }

    /// The last failure that the end names as its cause.
    pub(super) fn culprit(&self, end: &ExecutionCompletedEvent) -> Option<usize> {
        let causes = std::iter::successors(end.failure_details.as_ref(), |details| {
            details.inner_failure.as_deref()
        });
        let causes: Vec<_> = causes.map(names).collect();
        let replies = self.decisions.values().filter_map(|it| it.reply.as_ref());
        let named = replies.filter(|reply| {
            let failure = reply.failure.as_ref();
            failure.is_some_and(|failure| causes.contains(&names(failure)))
        });
        named.map(|reply| reply.position).max()
    }

    /// The request of a critical section that is left at `position` or later and was requested
    /// before, if there is one; the first.
    pub(super) fn section_left_after(&self, position: usize) -> Option<usize> {
        let left = self.decisions.values().filter_map(|decision| {
            let Kind::Unlock(section) = &decision.kind else {
                return None;
            };
            if decision.position < position {
                return None;
            }
            let request = self.decisions.get(self.by_request.get(section)?)?;
            Some(request.position)
        });
        left.min()
    }

    /// The request of a critical section that was entered and not left; the first.
    pub(super) fn section_never_left(&self) -> Option<usize> {
        let unlocked = |section: &String| {
            let mut kinds = self.decisions.values().map(|decision| &decision.kind);
            kinds.any(|kind| matches!(kind, Kind::Unlock(left) if left == section))
        };
        let entered = self.decisions.values().filter(|decision| {
            let Kind::Lock(section) = &decision.kind else {
                return false;
            };
            decision.reply.is_some() && !unlocked(section)
        });
        entered.map(|decision| decision.position).min()
    }
}

fn is_activity(kind: &Kind) -> bool {
    *kind == Kind::Activity
}

fn is_timer(kind: &Kind) -> bool {
    *kind == Kind::Timer
}

fn is_child(kind: &Kind) -> bool {
    matches!(kind, Kind::Child { .. })
}

/// What tells failures apart.
fn names(details: &TaskFailureDetails) -> (&str, &str) {
    (&details.error_type, &details.error_message)
}

/// The decision that an event records.
fn decided(event: &EventType) -> Option<Kind> {
    Some(match event {
        EventType::TaskScheduled(_) => Kind::Activity,
        EventType::TimerCreated(_) => Kind::Timer,
        EventType::SubOrchestrationInstanceCreated(child) => Kind::Child {
            instance: child.instance_id.clone(),
            detached: child.tags.contains_key(FIRE_AND_FORGET),
        },
        EventType::EventSent(sent) if sent.instance_id.starts_with('@') => {
            sent_to_entity(&sent.name, sent.input.as_deref())
        }
        EventType::EventSent(_) | EventType::EntityOperationSignaled(_) => Kind::OneWay,
        EventType::EntityOperationCalled(call) => Kind::Call(call.request_id.to_lowercase()),
        EventType::EntityLockRequested(lock) => Kind::Lock(lock.critical_section_id.to_lowercase()),
        EventType::EntityUnlockSent(unlock) => {
            Kind::Unlock(unlock.critical_section_id.to_lowercase())
        }
        _ => return None,
    })
}

/// The older form of messages to entities.
fn sent_to_entity(name: &str, input: Option<&str>) -> Kind {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Request {
        id: String,
        signal: bool,
        lockset: Option<serde::de::IgnoredAny>,
    }
    let request: Request = input
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let id = request.id.to_lowercase();
    match (name, request.lockset, request.signal) {
        ("release", _, _) => Kind::Unlock(id),
        (_, Some(_), _) => Kind::Lock(id),
        (_, None, true) => Kind::OneWay,
        (_, None, false) => Kind::Call(id),
    }
}

/// The request to an entity that an event answers.
fn answered_request(event: &EventType) -> Option<&str> {
    Some(match event {
        EventType::EntityOperationCompleted(done) => &done.request_id,
        EventType::EntityOperationFailed(failed) => &failed.request_id,
        EventType::EntityLockGranted(granted) => &granted.critical_section_id,
        EventType::EventRaised(raised) => &raised.name,
        _ => return None,
    })
}
