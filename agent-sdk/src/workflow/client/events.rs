//! What has happened in a run: its history, told by the code that made it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use durable_task::{
    BoxFuture, Fetch, InstanceId, InstanceState, Registry, ReplayOutcome, Status, Timestamp, replay,
};
use serde::Serialize;

use super::{WorkflowClient, WorkflowError};
use crate::workflow::durable::{Observer, RunStatus, child_instance, workflow_of};
use crate::workflow::superstep::{Event, EventKind, Run};
use crate::workflow::{Graph, NodeCode, NodeRun, NodeState};

/// The first pause between two looks at a run on a backend that does not notify; each next one is
/// twice as long.
const LOOK_PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest pause.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(2);

/// How many runs of one sub-workflow are looked into, for the picture of a run: the last ones.
const CHILDREN_MAX: u32 = 20;
/// How deep sub-workflows are looked into.
const DEPTH_MAX: usize = 32;

/// One thing that happened in a run, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedEvent {
    /// Its place in the run, from 0: where a reader goes on after it.
    pub index: usize,
    /// The recorded time of the step in which it happened.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn as_text<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// Events of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// In order, from where was asked.
    pub events: Vec<RecordedEvent>,
    /// Where the run stands: nothing more comes after a terminal status.
    pub status: Status,
}

/// How often what has happened to a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    /// Runs of it that have begun, and requests that it has asked.
    begun: u32,
    /// Those that have ended well.
    completed: u32,
    /// Those that have failed, and requests that expired without a default.
    failed: u32,
    /// Requests that wait for an answer.
    waiting: u32,
}

impl Tally {
    fn note(&mut self, event: &Event) {
        match event.kind {
            EventKind::ExecutorInvoked => self.begun += 1,
            EventKind::ExecutorCompleted => self.completed += 1,
            EventKind::ExecutorFailed => self.failed += 1,
            EventKind::RequestInfo => {
                self.begun += 1;
                self.waiting += 1;
            }
            EventKind::RequestAnswered | EventKind::RequestCancelled => {
                self.waiting = self.waiting.saturating_sub(1);
                self.completed += 1;
            }
            EventKind::RequestExpired => {
                self.waiting = self.waiting.saturating_sub(1);
                // The data is the default that counts as the answer.
                match &event.data {
                    Some(_) => self.completed += 1,
                    None => self.failed += 1,
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, other: Self) {
        self.begun += other.begun;
        self.completed += other.completed;
        self.failed += other.failed;
        self.waiting += other.waiting;
    }

    fn run(self) -> NodeRun {
        let state = if self.failed > 0 {
            NodeState::Failed
        } else if self.waiting > 0 {
            NodeState::Waiting
        } else if self.begun > self.completed {
            NodeState::Running
        } else {
            NodeState::Completed
        };
        NodeRun {
            state,
            runs: self.begun,
        }
    }
}

/// One look: whether it is so. Boxed, since a thread may hand the future on.
pub(super) type Look<'l> = BoxFuture<'l, Result<bool, WorkflowError>>;

/// What the replay of a run shows.
#[derive(Debug, Default)]
pub(super) struct Replayed {
    pub(super) events: Vec<RecordedEvent>,
    pub(super) status: Option<RunStatus>,
}

struct Seen {
    instance: InstanceId,
    replayed: Mutex<Replayed>,
}

impl Observer for Seen {
    fn begins(&self) {
        let mut replayed = self.replayed.lock().unwrap_or_else(PoisonError::into_inner);
        *replayed = Replayed::default();
    }

    fn sees(&self, now: Timestamp, events: Vec<Event>, run: &Run) {
        let mut replayed = self.replayed.lock().unwrap_or_else(PoisonError::into_inner);
        let first = replayed.events.len();
        let recorded = events
            .into_iter()
            .enumerate()
            .map(|(place, event)| RecordedEvent {
                index: first + place,
                at: now,
                event,
            });
        replayed.events.extend(recorded);
        replayed.status = Some(RunStatus::of(&self.instance, &run.status()));
    }
}

impl WorkflowClient {
    /// What has happened in a run, from an index on: read from its history, so that it is there as
    /// long as the run is. Events of sub-workflows are those of their own runs.
    pub async fn events(
        &self,
        workflow: &str,
        run: &InstanceId,
        from: usize,
    ) -> Result<EventPage, WorkflowError> {
        let state = self.instance(workflow, run, Fetch::Metadata).await?;
        let mut events = self.replayed(&state).await?.events;
        events.drain(..from.min(events.len()));
        Ok(EventPage {
            events,
            status: state.status,
        })
    }

    /// The same, but waits until there are events from that index on, or the run has ended, at most
    /// that long. By notification where the backend notifies.
    pub async fn next_events(
        &self,
        workflow: &str,
        run: &InstanceId,
        from: usize,
        timeout: Duration,
    ) -> Result<EventPage, WorkflowError> {
        let has_news = move || -> Look<'_> {
            Box::pin(async move {
                let page = self.events(workflow, run, from).await?;
                Ok(!page.events.is_empty() || page.status.is_terminal())
            })
        };
        self.until(run, timeout, has_news).await?;
        self.events(workflow, run, from).await
    }

    /// The graph of a run, in the version that it was started in.
    pub async fn graph(
        &self,
        workflow: &str,
        run: &InstanceId,
    ) -> Result<&'static Graph, WorkflowError> {
        let state = self.instance(workflow, run, Fetch::Metadata).await?;
        self.graph_of(&state).ok_or_else(|| no_code(&state))
    }

    /// Where the nodes of a run stand, by id, for [`GraphView::with_runs`]; those of sub-workflows
    /// are named `{node}/{inner node}`, and all runs of one count together.
    ///
    /// [`GraphView::with_runs`]: crate::workflow::GraphView::with_runs
    pub async fn node_runs(
        &self,
        workflow: &str,
        run: &InstanceId,
    ) -> Result<BTreeMap<String, NodeRun>, WorkflowError> {
        let state = self.instance(workflow, run, Fetch::Metadata).await?;
        let mut tallies = BTreeMap::new();
        self.tally(&state, String::new(), 0, &mut tallies).await?;
        let runs = tallies.into_iter().map(|(id, tally)| (id, tally.run()));
        Ok(runs.collect())
    }

    async fn tally(
        &self,
        state: &InstanceState,
        prefix: String,
        depth: usize,
        into: &mut BTreeMap<String, Tally>,
    ) -> Result<(), WorkflowError> {
        let graph = self.graph_of(state).ok_or_else(|| no_code(state))?;
        let mut own: BTreeMap<&str, Tally> = BTreeMap::new();
        for RecordedEvent { event, .. } in &self.replayed(state).await?.events {
            if let Some(node) = event.executor_id.or(event.source_executor_id) {
                own.entry(node).or_default().note(event);
            }
        }
        for (node, tally) in own {
            let id = format!("{prefix}{node}");
            into.entry(id.clone()).or_default().add(tally);
            let mut nodes = graph.nodes.iter();
            let is_workflow = nodes.any(|known| {
                known.id == node && matches!((known.definition)().code, NodeCode::Workflow(_))
            });
            if !is_workflow || depth >= DEPTH_MAX {
                continue;
            }
            let first = tally.begun.saturating_sub(CHILDREN_MAX);
            for ordinal in first..tally.begun {
                let child = child_instance(&state.instance_id, node, ordinal);
                if let Some(child) = self.hub.get(&child, Fetch::Metadata).await? {
                    Box::pin(self.tally(&child, format!("{id}/"), depth + 1, into)).await?;
                }
            }
        }
        Ok(())
    }

    /// Looks until it is so, or the time is over; whether it is so.
    pub(super) async fn until<'l>(
        &self,
        instance: &InstanceId,
        timeout: Duration,
        is_so: impl Fn() -> Look<'l> + Send + Sync,
    ) -> Result<bool, WorkflowError> {
        let changes = self.hub.watch(instance);
        let end = tokio::time::Instant::now() + timeout;
        let mut pause = LOOK_PAUSE_MIN;
        loop {
            // From here on no change is missed.
            let change = changes.as_ref().map(durable_task::Changes::next);
            if is_so().await? {
                return Ok(true);
            }
            let goes_on = if let Some(change) = change {
                tokio::time::timeout_at(end, change).await.is_ok()
            } else {
                let wake = end.min(tokio::time::Instant::now() + pause);
                tokio::time::sleep_until(wake).await;
                pause = pause.saturating_mul(2).min(LOOK_PAUSE_MAX);
                wake < end
            };
            if !goes_on {
                return is_so().await;
            }
        }
    }

    /// Plays the history of a run.
    pub(super) async fn replayed(&self, state: &InstanceState) -> Result<Replayed, WorkflowError> {
        let run = &state.instance_id;
        let graph = self.graph_of(state).ok_or_else(|| no_code(state))?;
        let unreadable = |problem: String| WorkflowError::Unreadable {
            run: run.clone(),
            problem,
        };
        let history = self.hub.history(run).await?;
        if history.is_empty() {
            return Ok(Replayed::default());
        }
        let seen = Arc::new(Seen {
            instance: run.clone(),
            replayed: Mutex::default(),
        });
        let mut registry = Registry::new();
        let observer: Arc<dyn Observer> = Arc::clone(&seen) as _;
        self.app
            .register_run(&mut registry, graph, Some(observer))
            .map_err(|error| unreadable(error.to_string()))?;
        let report = replay(&registry, &history);
        if let ReplayOutcome::NoCode { reason } | ReplayOutcome::Invalid { reason } = report.outcome
        {
            return Err(unreadable(reason));
        }
        let mut replayed = seen.replayed.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *replayed))
    }
}

pub(super) fn no_code(state: &InstanceState) -> WorkflowError {
    WorkflowError::NoCode {
        run: state.instance_id.clone(),
        workflow: workflow_of(&state.name).unwrap_or_default().to_owned(),
        version: state.version.clone(),
    }
}
