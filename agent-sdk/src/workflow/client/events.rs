//! What has happened in a run: its history, told by the code that made it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{BoxFuture, ClientError, Fetch, InstanceId, InstanceState, Status, Timestamp};
use serde::Serialize;

use super::reader::{Part, Step, Wanted};
use super::tally::Tally;
use super::told::Told;
use super::{WorkflowClient, WorkflowError};
use crate::workflow::durable::{child_instance, workflow_of};
use crate::workflow::superstep::Event;
use crate::workflow::{Graph, NodeCode, NodeRun};

/// The first pause between two looks at a run on a backend that does not notify; each next one is
/// twice as long.
const LOOK_PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest pause.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(2);

/// For those who want no events, but what follows from them all.
pub(super) const LATEST: usize = usize::MAX;

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

/// One look: whether it is so. Boxed, since a thread may hand the future on.
pub(super) type Look<'l> = BoxFuture<'l, Result<bool, WorkflowError>>;

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
        let events = self.told(&state, from, move |told| told.events(from));
        Ok(EventPage {
            events: events.await?,
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
        let own = self.told(state, LATEST, |told| told.tallies.clone());
        for (node, tally) in own.await? {
            let id = format!("{prefix}{node}");
            into.entry(id.clone()).or_default().add(tally);
            let mut nodes = graph.nodes.iter();
            let is_workflow = nodes.any(|known| {
                known.id == node && matches!(known.code(), Some(NodeCode::Workflow(_)))
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

    /// Asks what a run's history tells, of which only what is new is read and played. `from` is the
    /// first event that is wanted.
    pub(super) async fn told<T: Send + 'static>(
        &self,
        state: &InstanceState,
        from: usize,
        ask: impl FnOnce(&Told) -> T + Send + 'static,
    ) -> Result<T, WorkflowError> {
        let graph = self.graph_of(state).ok_or_else(|| no_code(state))?;
        let wanted = Wanted {
            app: Arc::clone(&self.app),
            graph,
            run: state.instance_id.clone(),
            execution: state.execution_id.clone(),
        };
        let _turn = self.reader.turns.enter(&wanted.run).await;
        let told = self.read_on(&wanted, from, ask).await?;
        told.map_err(|problem| WorkflowError::Unreadable {
            run: wanted.run,
            problem,
        })
    }

    /// Reads and plays what a history has more than is known, and asks then.
    async fn read_on<T: Send + 'static>(
        &self,
        wanted: &Wanted,
        from: usize,
        mut ask: impl FnOnce(&Told) -> T + Send + 'static,
    ) -> Result<Result<T, String>, ClientError> {
        let look = wanted.clone();
        let rest = self.reader.on_thread(move |folds| folds.rest(&look, from));
        let mut rest = match rest.await {
            Ok(rest) => rest,
            Err(problem) => return Ok(Err(problem)),
        };
        let execution = Some(&wanted.execution).filter(|id| !id.as_str().is_empty());
        let mut chained = false;
        loop {
            let read = self.hub.history_part(&wanted.run, execution, Some(rest));
            let read = read.await?;
            let part = Part {
                from: rest,
                events: read.events,
                end: read.end,
                is_last: read.next.is_none(),
            };
            let look = wanted.clone();
            let step = self
                .reader
                .on_thread(move |folds| folds.step(&look, (part, chained), ask));
            match step.await.and_then(|step| step) {
                Err(problem) => return Ok(Err(problem)),
                Ok(Step::Told(told)) => return Ok(Ok(told)),
                Ok(Step::On(question)) => (rest, ask) = (read.end, question),
                Ok(Step::Again {
                    chained: is,
                    ask: question,
                }) => {
                    (rest, chained, ask) = (0, is, question);
                }
            }
        }
    }
}

pub(super) fn no_code(state: &InstanceState) -> WorkflowError {
    WorkflowError::NoCode {
        run: state.instance_id.clone(),
        workflow: workflow_of(&state.name).unwrap_or_default().to_owned(),
        version: state.version.clone(),
    }
}
