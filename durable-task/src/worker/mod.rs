//! Runs work items: episodes and entity batches on lanes, activities and entity batches that wait
//! as tasks of the runtime.

mod activity;
mod entity;
mod grace;
mod lane;
mod rewinding;
mod running;
mod sessions;
mod start;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::entity::{Batch, Surroundings};
use crate::registry::EntityCode;
use crate::wire::proto::{ActivityRequest, EntityBatchRequest};
use crate::work::{Completer, WorkAnswer, WorkHandler, WorkItem, WorkRequest, WorkerProfile};
use crate::{EntityId, EntityMessageForm, Registry, Resources, Runtime};

use activity::ActivityItem;
use entity::EntityItem;
use grace::{CANCEL_GRACE, Grace};
use lane::{Job, Lane, LaneItem};
use running::{Running, RunningItem};

pub(crate) use start::new_session;

/// What a worker does at once, and what it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerOptions {
    /// Threads for episodes and entity batches. Default: one per core.
    pub lanes: usize,
    /// How many episodes an engine may hand over before it gets answers. Default: 1,000.
    pub orchestrations_max: usize,
    /// How many activities an engine may hand over before it gets answers. Default: 1,000.
    pub activities_max: usize,
    /// How many entity batches an engine may hand over before it gets answers. Default: 1,000.
    pub entities_max: usize,
    /// How many orchestrations keep their live future between episodes. Default: 1,000; 0 replays
    /// every episode.
    pub warm_sessions_max: usize,
    /// About how many bytes these may hold. Default: 64 MiB.
    pub warm_session_bytes_max: usize,
    /// How long one is kept without an episode. Default: 30 s.
    pub warm_session_idle: Duration,
    /// Whether timers beyond 6 days are chains of timers of 3 days, as some backends need.
    /// Default: no. An instance must see the same setting all its life.
    pub chain_long_timers: bool,
    /// How messages of orchestrations to entities look. Default: as the protocol's own actions.
    pub entity_messages: EntityMessageForm,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            lanes: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            orchestrations_max: 1_000,
            activities_max: 1_000,
            entities_max: 1_000,
            warm_sessions_max: 1_000,
            warm_session_bytes_max: 64 * 1024 * 1024,
            warm_session_idle: Duration::from_secs(30),
            chain_long_timers: false,
            entity_messages: EntityMessageForm::default(),
        }
    }
}

/// Runs what a [`Registry`] holds, for whatever engine hands it work.
///
/// Orchestrators run on lanes, which are threads: an orchestrator's future is not `Send`. All
/// episodes of an instance run on the same lane, which keeps the live future between them, so that
/// a step costs the same however long the history is.
pub struct Worker {
    registry: Arc<Registry>,
    /// What activities take by reference.
    resources: Arc<Resources>,
    options: WorkerOptions,
    runtime: Arc<dyn Runtime>,
    lanes: Vec<UnboundedSender<Job>>,
    running: Arc<Running>,
    stopping: AtomicBool,
    shutdown: CancellationToken,
}

impl Worker {
    /// Starts the lanes.
    pub fn start(
        registry: Registry,
        options: WorkerOptions,
        runtime: Arc<dyn Runtime>,
    ) -> Arc<Self> {
        let resources = Arc::new(registry.shared_resources());
        let registry = Arc::new(registry);
        let lanes = (0..options.lanes.max(1)).map(|number| {
            let (sender, jobs) = unbounded_channel();
            let (registry, options) = (Arc::clone(&registry), options.clone());
            let lane_runtime = Arc::clone(&runtime);
            runtime.spawn_lane(
                format!("lane-{number}"),
                Box::new(move || Box::pin(Lane::new(registry, &options, lane_runtime).run(jobs))),
            );
            sender
        });
        Arc::new(Self {
            lanes: lanes.collect(),
            resources,
            registry,
            options,
            runtime,
            running: Arc::default(),
            stopping: AtomicBool::new(false),
            shutdown: CancellationToken::new(),
        })
    }

    /// Takes no more items, and lets those that run end. What still runs at the deadline is
    /// cancelled, and dropped after a short grace. Afterwards the worker is of no more use.
    pub async fn drain(&self, deadline: Duration) {
        self.stopping.store(true, Ordering::SeqCst);
        if !self.idle_within(deadline).await {
            self.shutdown.cancel();
            // What waits and ignores its token is dropped at the end of the grace; an episode that
            // never returns can't be helped.
            if !self.idle_within(CANCEL_GRACE.saturating_mul(2)).await {
                tracing::warn!(
                    items = self.running.count(),
                    "work still runs after the drain"
                );
            }
        }
        for lane in &self.lanes {
            // A lane that is gone needs no stop.
            let _ = lane.send(Job::Stop);
        }
    }

    async fn idle_within(&self, limit: Duration) -> bool {
        let idle = std::pin::pin!(self.running.idle());
        match select(idle, self.runtime.sleep(limit)).await {
            Either::Left(_) => true,
            Either::Right(_) => false,
        }
    }

    fn lane_of(&self, instance: &str) -> Option<&UnboundedSender<Job>> {
        let mut hasher = DefaultHasher::new();
        instance.hash(&mut hasher);
        let lanes = self.lanes.len() as u64;
        let index = usize::try_from(hasher.finish() % lanes).unwrap_or(0);
        self.lanes.get(index)
    }

    fn give_to_lane(&self, item: LaneItem) {
        if let Some(lane) = self.lane_of(item.instance()) {
            // If the lane is gone, the item comes back, and its completer gives it back.
            let _ = lane.send(Job::Item(item));
        }
    }

    fn run_activity(&self, request: ActivityRequest, how: Handling) {
        let Some(activity) = self.registry.find_activity(&request.name) else {
            return how.give_back(format!("no code for activity `{}`", request.name));
        };
        let item = ActivityItem {
            code: Arc::clone(&activity.code),
            timeout: activity.timeout,
            resources: Arc::clone(&self.resources),
            request,
            completer: how.completer,
            grace: self.grace(&how.cancelled),
            running: how.running,
        };
        self.runtime.spawn_work("activity", Box::pin(item.run()));
    }

    fn run_entity(&self, request: EntityBatchRequest, how: Handling) {
        let Some(id) = EntityId::parse(&request.instance_id) else {
            let reason = format!("`{}` is not the id of an entity", request.instance_id);
            return how.give_back(reason);
        };
        let Some(code) = self.registry.find_entity(&id.name().to_lowercase()) else {
            return how.give_back(format!("no code for entity `{}`", id.name()));
        };
        let batch = |cancelled| Batch {
            id,
            request,
            surroundings: Surroundings {
                cancelled,
                resources: Arc::clone(&self.resources),
            },
        };
        match code {
            EntityCode::Synchronous(operate) => self.give_to_lane(LaneItem::Entity {
                operate: Arc::clone(operate),
                batch: batch(how.cancelled),
                completer: how.completer,
                running: how.running,
            }),
            EntityCode::Asynchronous(operate) => {
                let grace = self.grace(&how.cancelled);
                let item = EntityItem {
                    operate: Arc::clone(operate),
                    batch: batch(grace.cancelled.clone()),
                    completer: how.completer,
                    grace,
                    running: how.running,
                };
                self.runtime.spawn_work("entity", Box::pin(item.run()));
            }
        }
    }

    fn grace(&self, item: &CancellationToken) -> Grace {
        Grace {
            cancelled: item.child_token(),
            shutdown: self.shutdown.clone(),
            runtime: Arc::clone(&self.runtime),
        }
    }
}

/// What comes with a request.
struct Handling {
    completer: Completer,
    cancelled: CancellationToken,
    running: RunningItem,
}

impl Handling {
    fn give_back(self, reason: String) {
        self.completer.complete(WorkAnswer::Abandoned { reason });
    }
}

impl WorkHandler for Worker {
    fn profile(&self) -> WorkerProfile {
        WorkerProfile {
            orchestrators: self.registry.orchestrators(),
            activities: self.registry.activities(),
            entities: self.registry.entities(),
            orchestrations_max: self.options.orchestrations_max,
            activities_max: self.options.activities_max,
            entities_max: self.options.entities_max,
            remote: false,
            events_bytes_max: None,
        }
    }

    fn dispatch(&self, item: WorkItem) {
        // Counted before the check: a drain that starts in between waits for it.
        let running = Running::begin(&self.running);
        let how = Handling {
            completer: item.completer,
            cancelled: item.cancelled,
            running,
        };
        if self.stopping.load(Ordering::SeqCst) {
            return how.give_back(String::from("the worker is shutting down"));
        }
        match item.request {
            WorkRequest::Orchestrator { request, warm } => {
                self.give_to_lane(LaneItem::Episode {
                    request,
                    warm,
                    completer: how.completer,
                    running: how.running,
                });
            }
            WorkRequest::Entity { request, .. } => self.run_entity(request, how),
            WorkRequest::Activity(request) => self.run_activity(request, how),
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("options", &self.options)
            .field("running", &self.running.count())
            .finish_non_exhaustive()
    }
}
