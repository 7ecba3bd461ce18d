//! What lies between a hub and a worker: items and answers that are late, in another order, or
//! lost; and a worker that dies and comes back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{ActivityRequest, HistoryEvent, OrchestratorRequest};
use durable_task::{
    Accepts, Completer, InstanceId, Runtime, WorkAnswer, WorkHandler, WorkItem, WorkRequest,
    Worker, WorkerOptions, WorkerProfile,
};

use prost::Message as _;

use super::code;
use super::disk::Disk;
use super::executor::{Core, Group, SimRuntime};
use super::ledger::{self, DIARY};
use super::limits::Handed;
use super::programs::{Deployment, UNLOVED};
use crate::engine::decode_chunk;
use crate::store::LoadedBody;

/// How good a link is.
#[derive(Debug, Clone)]
pub(super) struct Quality {
    /// One in so many items and answers is late; 0: none.
    pub(super) late_one_in: u64,
    /// One in so many items and answers is lost; 0: none.
    pub(super) lost_one_in: u64,
    /// One in so many items comes twice, if they leave the process; 0: none.
    pub(super) twice_one_in: u64,
    /// Whether batches of entities wait for their messages to be durable.
    pub(super) asynchronous: bool,
    /// Whether the worker is in another process.
    pub(super) remote: bool,
    /// What the worker at the other end takes.
    pub(super) options: WorkerOptions,
    /// What kinds of work it takes.
    pub(super) takes: Takes,
    /// Whether it gives back what entities have to do, while there is trouble.
    pub(super) refuses_entities: bool,
}

/// What kinds of work a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Everything,
    OnlyActivities,
    NoActivities,
    NoEntities,
}

/// Ends the ids of instances whose episodes are given back while there is trouble.
pub(super) const REFUSED: &str = "-refused";

/// How late something is at most.
const LATE_MS_MAX: u64 = 50;
/// How long it takes until somebody notices that something is lost.
const LOST_MS: u64 = 2_000;

/// A worker, as the hub sees it.
pub(super) struct Link {
    core: Arc<Core>,
    disk: Arc<Disk>,
    runtime: Arc<SimRuntime>,
    quality: Quality,
    end: Mutex<End>,
    deployment: Deployment,
    handed: Arc<Handed>,
}

/// The worker at the other end.
struct End {
    group: Group,
    worker: Arc<Worker>,
}

impl Link {
    /// A worker in the process `group`.
    pub(super) fn new(
        core: &Arc<Core>,
        disk: &Arc<Disk>,
        group: Group,
        quality: Quality,
        deployment: Deployment,
        handed: &Arc<Handed>,
    ) -> Arc<Self> {
        Arc::new(Self {
            core: Arc::clone(core),
            disk: Arc::clone(disk),
            runtime: SimRuntime::new(core, group),
            end: Mutex::new(start(core, &quality, deployment)),
            quality,
            deployment,
            handed: Arc::clone(handed),
        })
    }

    /// The group of the worker's tasks.
    pub(super) fn worker_group(&self) -> Group {
        self.lock().group
    }

    /// Puts another worker in the place of one that has died. Kill its group.
    pub(super) fn replace_worker(&self) -> Group {
        let new = start(&self.core, &self.quality, self.deployment);
        std::mem::replace(&mut *self.lock(), new).group
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self, one_in: u64) -> bool {
        one_in > 0 && self.core.random(|random| random.one_in(one_in))
    }

    /// Whether something is lost. What is lost too often waits for another worker to come, and when
    /// the trouble is over none comes.
    fn loses(&self) -> bool {
        !self.disk.is_calm() && self.chance(self.quality.lost_one_in)
    }

    /// Does something now, late, or drops it after a while.
    fn pass<T: Send + 'static>(
        &self,
        what: &'static str,
        value: T,
        pass: impl FnOnce(T) + Send + 'static,
    ) {
        let lost = self.loses();
        if !lost && !self.chance(self.quality.late_one_in) {
            return pass(value);
        }
        let millis = if lost {
            LOST_MS
        } else {
            self.core.random(|random| random.below(LATE_MS_MAX))
        };
        self.core
            .trace(millis, || format!("{what} is late or lost: {millis} ms"));
        let sleep = self.core.sleep(Duration::from_millis(millis));
        let task = async move {
            sleep.await;
            if lost {
                drop(value);
            } else {
                pass(value);
            }
        };
        self.runtime.spawn("link", Box::pin(task));
    }

    /// Gives an item to the worker. Within a process no two items change places.
    fn hand_over(self: &Arc<Self>, item: WorkItem) {
        let link = Arc::clone(self);
        let give = move |item| {
            let worker = Arc::clone(&link.lock().worker);
            worker.dispatch(item);
        };
        if self.quality.remote || matches!(item.request, WorkRequest::Activity(_)) {
            self.pass("an item", item, give);
        } else if !self.loses() {
            give(item);
        }
    }

    /// A copy of an item; the first answer counts.
    fn copy(item: WorkItem) -> (WorkItem, WorkItem) {
        let first = Arc::new(Mutex::new(Some(item.completer)));
        let second = Arc::clone(&first);
        let take = |from: &Mutex<Option<Completer>>| {
            from.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        let request = copy_of(&item.request);
        let original = WorkItem {
            request: item.request,
            completer: Completer::new(move |answer| {
                if let Some(completer) = take(&first) {
                    completer.complete(answer);
                }
            }),
            cancelled: item.cancelled.clone(),
        };
        let copy = WorkItem {
            request,
            completer: Completer::new(move |answer| {
                if !matches!(answer, WorkAnswer::Abandoned { .. })
                    && let Some(completer) = take(&second)
                {
                    completer.complete(answer);
                }
            }),
            cancelled: item.cancelled,
        };
        (original, copy)
    }

    /// Whether the worker gives it back at once.
    fn refuses(&self, request: &WorkRequest) -> bool {
        let refused = match request {
            WorkRequest::Orchestrator { request, .. } => request.instance_id.ends_with(REFUSED),
            WorkRequest::Activity(request) => request.name == UNLOVED,
            WorkRequest::Entity { .. } => self.quality.refuses_entities,
        };
        refused && !self.disk.is_calm()
    }

    /// What an engine may hand over, by what is durable.
    fn check(&self, request: &WorkRequest) {
        match request {
            WorkRequest::Activity(request) => self.check_activity(request),
            WorkRequest::Orchestrator { request, warm } if self.quality.remote => {
                self.check_episode(request, *warm);
            }
            WorkRequest::Entity { request, .. } => {
                let id = InstanceId::from_stored(request.instance_id.as_str());
                let waits = ledger::name_of(&id) == Some(DIARY);
                if !waits && !self.quality.asynchronous && !self.quality.remote {
                    return;
                }
                let waiting = self.disk.load(&id).messages.len();
                if waiting < request.operations.len() {
                    let sent = request.operations.len();
                    self.core.violated(|| {
                        format!("`{id}` runs {sent} operations; {waiting} are durable")
                    });
                }
            }
            WorkRequest::Orchestrator { .. } => {}
        }
    }

    /// What leaves the process is durable, and whole.
    fn check_episode(&self, request: &OrchestratorRequest, warm: bool) {
        let id = InstanceId::from_stored(request.instance_id.as_str());
        let messages = self.disk.load(&id).messages.into_iter();
        let durable: Vec<_> = messages
            .filter_map(|message| HistoryEvent::decode(message.event.as_slice()).ok())
            .filter_map(|event| event.event_type)
            .collect();
        let ahead = request.new_events.iter().find(|event| {
            event.event_type.as_ref().is_some_and(|kind| {
                let marks = matches!(
                    kind,
                    EventType::OrchestratorStarted(_) | EventType::ExecutionStarted(_)
                );
                !marks && !durable.contains(kind)
            })
        });
        if let Some(event) = ahead {
            self.core
                .violated(|| format!("`{id}` leaves with {event:?}, which is not durable"));
        }
        let past = self.disk.chunks(&id).into_iter();
        let past: Vec<_> = past
            .flat_map(|chunk| decode_chunk(&chunk).unwrap_or_default())
            .collect();
        let current = match self.disk.load(&id).body {
            LoadedBody::Orchestration(row) => Some(row.identity.execution_id.to_string()),
            _ => None,
        };
        if warm || current == request.execution_id && past != request.past_events {
            self.core
                .violated(|| format!("`{id}` leaves with another history than the durable one"));
        }
    }

    fn check_activity(&self, request: &ActivityRequest) {
        let instance = request.orchestration_instance.clone().unwrap_or_default();
        let execution = instance.execution_id.unwrap_or_default();
        let id = InstanceId::from_stored(instance.instance_id);
        let task = request.task_id;
        if self.disk.oracle().is_finished(&id, &execution, task) {
            self.core
                .violated(|| format!("activity {task} of `{id}` starts after its end is durable"));
        }
        // The row of an activity whose instance goes on tells that it is open.
        let open = match self.disk.load(&id).body {
            LoadedBody::Orchestration(row) => {
                row.identity.execution_id.as_str() != execution
                    || row.step.status.is_terminal()
                    || row.tasks.iter().any(|open| open.task_id == task)
            }
            _ => self.disk.oracle().was_removed(&id),
        };
        if !open {
            self.core
                .violated(|| format!("activity {task} of `{id}` starts before it is durable"));
        }
    }

    /// The completer that the worker gets: its answer takes the way back.
    fn way_back(self: &Arc<Self>, completer: Completer) -> Completer {
        let link = Arc::clone(self);
        Completer::new(move |mut answer| {
            link.core.trace(3, || match &answer {
                WorkAnswer::Orchestrator { response, warm } => format!(
                    "answer of `{}`: {} actions, history: {}, warm: {warm}",
                    response.instance_id,
                    response.actions.len(),
                    response.requires_history
                ),
                other => format!("answer: {other:?}"),
            });
            if let WorkAnswer::Orchestrator { warm, .. } = &mut answer {
                // Nobody else's answers say that a session is kept.
                *warm &= !link.quality.remote;
            }
            link.pass("an answer", (completer, answer), |(completer, answer)| {
                completer.complete(answer);
            });
        })
    }
}

/// A worker with tasks of its own.
fn start(core: &Arc<Core>, quality: &Quality, deployment: Deployment) -> End {
    let group = core.new_group();
    let runtime = SimRuntime::new(core, group);
    let worker = Worker::start(
        code::registry(core, deployment),
        quality.options.clone(),
        runtime as Arc<dyn Runtime>,
    );
    End { group, worker }
}

/// A link as the hub takes it.
pub(super) struct Handler(pub(super) Arc<Link>);

impl WorkHandler for Handler {
    fn profile(&self) -> WorkerProfile {
        let mut profile = self.0.lock().worker.profile();
        profile.remote = self.0.quality.remote;
        self.0.quality.takes.filter(&mut profile);
        if self.0.quality.asynchronous
            && let Accepts::Only(entities) = &mut profile.entities
        {
            for entity in entities {
                entity.synchronous = false;
            }
        }
        profile
    }

    fn dispatch(&self, item: WorkItem) {
        let WorkItem {
            request,
            completer,
            cancelled,
        } = item;
        let link = Arc::clone(&self.0);
        link.core.trace(4, || match &request {
            WorkRequest::Orchestrator { request, warm } => format!(
                "episode of `{}`: {} past, warm: {warm}, new: {:?}",
                request.instance_id,
                request.past_events.len(),
                request
                    .new_events
                    .iter()
                    .filter_map(|event| event.event_type.as_ref())
                    .map(|event| format!("{event:?}").chars().take(90).collect::<String>())
                    .collect::<Vec<_>>()
            ),
            WorkRequest::Activity(request) => format!("activity {}", request.task_id),
            WorkRequest::Entity { request, .. } => {
                format!("`{}`: {}", request.instance_id, request.operations.len())
            }
        });
        link.check(&request);
        let completer = link.handed.count(&request, completer);
        if link.refuses(&request) {
            let reason = String::from("refused");
            completer.complete(WorkAnswer::Abandoned { reason });
            return;
        }
        let item = WorkItem {
            request,
            completer: link.way_back(completer),
            cancelled,
        };
        if link.quality.remote && link.chance(link.quality.twice_one_in) {
            let (original, copy) = Link::copy(item);
            link.hand_over(original);
            link.hand_over(copy);
        } else {
            link.hand_over(item);
        }
    }
}

fn copy_of(request: &WorkRequest) -> WorkRequest {
    match request {
        WorkRequest::Orchestrator { request, warm } => WorkRequest::Orchestrator {
            request: request.clone(),
            warm: *warm,
        },
        WorkRequest::Activity(request) => WorkRequest::Activity(request.clone()),
        WorkRequest::Entity { request, callers } => WorkRequest::Entity {
            request: request.clone(),
            callers: callers.clone(),
        },
    }
}

impl Takes {
    /// Takes away from a profile what the worker does not take.
    fn filter(self, profile: &mut WorkerProfile) {
        match self {
            Self::Everything => {}
            Self::OnlyActivities => {
                profile.orchestrators = Accepts::default();
                profile.entities = Accepts::default();
            }
            Self::NoActivities => profile.activities = Accepts::default(),
            Self::NoEntities => profile.entities = Accepts::default(),
        }
    }
}
