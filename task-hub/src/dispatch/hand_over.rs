//! Work items: handed to the worker.

use std::panic::{AssertUnwindSafe, catch_unwind};

use durable_task::wire::proto::{HistoryEvent, OrchestratorRequest};
use durable_task::{
    Completer, EntityId, ExecutionId, InstanceId, WorkHandler, WorkItem, WorkRequest,
};
use tokio_util::sync::CancellationToken;

use super::resident::Doing;
use super::settings::{COMMIT_EPISODES_PER_INSTANCE_MAX, HISTORY_PAGE_BYTES};
use super::shared::count;
use super::{Answer, Dispatcher, Fetching, Item, Read, env, salvage};
use crate::engine::{Instance, decode_chunk};
use crate::store::{Store, StoreError};

use super::activities::ACTIVITIES_KEPT;

impl Dispatcher {
    /// Hands over what is ready, as far as the worker and the open commit take it.
    pub(super) fn run_ready(&mut self) {
        let Some(worker) = &self.worker else { return };
        if self.mode.is_draining() {
            return;
        }
        let (episodes_max, batches_max) = (worker.episodes_max, worker.batches_max);
        while !self.open.is_full()
            && self.out.episodes < episodes_max
            && let Some(id) = self.ready.pop_front()
        {
            self.run_orchestration(&id);
        }
        while !self.open.is_full()
            && self.out.batches_ahead + self.out.batches_after < batches_max
            && let Some(id) = self.ready_entities.pop_front()
        {
            self.run_entity(&id);
        }
        self.pump();
    }

    /// Whether the worker has code for it.
    pub(super) fn has_code(&mut self, id: &InstanceId) -> bool {
        let Some(worker) = &self.worker else {
            return false;
        };
        match self.residents.get(id).and_then(|resident| resident.live()) {
            Some(Instance::Orchestration(orchestration)) => {
                let identity = &orchestration.identity;
                worker
                    .version(&identity.name, identity.version.as_deref())
                    .is_some()
            }
            Some(Instance::Entity(_)) => entity_kind(worker, id).is_some(),
            _ => false,
        }
    }

    fn run_orchestration(&mut self, id: &InstanceId) {
        let has_code = self.has_code(id);
        let (open, durable) = (self.open.number, self.durable);
        let now = self.runtime.now();
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        if resident.doing != Doing::Queued {
            return;
        }
        resident.doing = Doing::Nothing;
        let (warm, changed, episodes) =
            (resident.warm, resident.changed, resident.episodes_in(open));
        let Some(orchestration) = resident.live().and_then(Instance::orchestration) else {
            return;
        };
        if !orchestration.is_ready() && !orchestration.in_episode() {
            return;
        }
        if !has_code {
            let delta = orchestration.park(true, &mut env(&mut self.ids, &self.limits, now));
            if !delta.is_empty() {
                tracing::warn!(
                    instance = %id, name = orchestration.identity.name,
                    version = ?orchestration.identity.version,
                    "no worker has code for it; it waits"
                );
            }
            self.merge(id, delta);
            self.settle(id);
        } else if episodes >= COMMIT_EPISODES_PER_INSTANCE_MAX {
            resident.doing = Doing::Queued;
            self.next_commit.push(id.clone());
        } else if orchestration.has_past() && !warm {
            // The commit that it waits for makes it ready again.
            if changed <= durable {
                self.tokens += 1;
                let fetching = Fetching {
                    id: id.clone(),
                    execution: orchestration.identity.execution_id.clone(),
                    token: self.tokens,
                };
                resident.doing = Doing::Fetching(self.tokens);
                self.fetch_history(fetching);
            }
        } else {
            self.begin_episode(id, Vec::new());
        }
    }

    fn fetch_history(&mut self, fetching: Fetching) {
        count(&self.shared.counters.histories_loaded);
        let (id, execution) = (fetching.id.clone(), fetching.execution.clone());
        self.read(
            true,
            move |store| async move { read_history(&*store, &id, &execution).await },
            move |events| Read::History(fetching, events),
        );
    }

    /// A history has been read: the episode that needed it begins, if there still is something to
    /// do, and if the instance was not replaced meanwhile.
    pub(super) fn fetched(&mut self, fetching: &Fetching, past: Vec<HistoryEvent>) {
        let Fetching {
            id,
            execution,
            token,
        } = fetching;
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        if resident.doing != Doing::Fetching(*token) {
            return;
        }
        resident.doing = Doing::Nothing;
        let same = resident
            .live()
            .filter(|instance| instance.is_ready() || instance.is_running())
            .and_then(Instance::orchestration)
            .is_some_and(|orchestration| orchestration.identity.execution_id == *execution);
        if same && !self.mode.is_draining() && self.has_code(id) {
            self.begin_episode(id, past);
        } else {
            self.make_ready(id);
            self.settle(id);
        }
    }

    /// Hands over an episode: a new one, or again the one that was begun.
    fn begin_episode(&mut self, id: &InstanceId, past: Vec<HistoryEvent>) {
        let now = self.runtime.now();
        let open = self.open.number;
        let (Some(worker), Some(resident)) = (&self.worker, self.residents.get(id)) else {
            return;
        };
        let handler = worker.handler.clone();
        resident.count_episode(open);
        let resident_is_warm = resident.warm;
        let Some(orchestration) = resident.live().and_then(Instance::orchestration) else {
            return;
        };
        let warm = resident_is_warm && orchestration.has_past() && past.is_empty();
        let identity = &orchestration.identity;
        let version = worker
            .version(&identity.name, identity.version.as_deref())
            .unwrap_or_default();
        let (new_events, delta) = if orchestration.in_episode() {
            match orchestration.resend() {
                Ok(events) => (events, None),
                Err(error) => {
                    self.given_back(id, &error.to_string());
                    return;
                }
            }
        } else {
            let mut env = env(&mut self.ids, &self.limits, now);
            let (events, delta) = orchestration.begin(version, &mut env);
            (events, Some(delta))
        };
        let request = OrchestratorRequest {
            instance_id: id.to_string(),
            execution_id: Some(orchestration.identity.execution_id.to_string()),
            past_events: past,
            new_events,
            ..OrchestratorRequest::default()
        };
        self.tokens += 1;
        resident.doing = Doing::Out(self.tokens);
        if let Some(delta) = delta {
            self.merge(id, delta);
        }
        self.open.episodes += 1;
        self.out.episodes += 1;
        self.shared.is_readable(id);
        let item = Item::Episode(id.clone(), self.tokens);
        let item = WorkItem {
            request: WorkRequest::Orchestrator { request, warm },
            completer: self.completer(item),
            cancelled: CancellationToken::new(),
        };
        dispatch(&*handler, item);
    }

    fn completer(&self, item: Item) -> Completer {
        let answering = self.answering.clone();
        Completer::new(move |answer| {
            // The loop is gone: what was not committed runs again.
            let _ = answering.send(Answer { item, answer });
        })
    }

    fn run_entity(&mut self, id: &InstanceId) {
        let kind = self
            .worker
            .as_ref()
            .and_then(|worker| entity_kind(worker, id));
        let (open, durable, durable_id) = (self.open.number, self.durable, self.durable_id);
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        if resident.doing != Doing::Queued {
            return;
        }
        resident.doing = Doing::Nothing;
        let (changed, episodes) = (resident.changed, resident.episodes_in(open));
        let Some(entity) = resident.live().and_then(Instance::entity) else {
            return;
        };
        let Some(next) = entity.next_id().filter(|_| entity.is_ready()) else {
            return;
        };
        let Some(ahead) = kind else {
            tracing::warn!(entity = %id, "no worker has code for it; its operations wait");
            self.settle(id);
            return;
        };
        if episodes >= COMMIT_EPISODES_PER_INSTANCE_MAX {
            resident.doing = Doing::Queued;
            self.next_commit.push(id.clone());
            return;
        }
        // The commit that it waits for makes it ready again.
        if !ahead && (next >= durable_id || changed > durable) {
            return;
        }
        let limit = if ahead {
            self.limits.engine.entity_batch_max
        } else {
            1
        };
        let Some(request) = entity.begin(limit) else {
            return;
        };
        let callers = entity.callers();
        self.tokens += 1;
        resident.doing = Doing::Out(self.tokens);
        resident.count_episode(open);
        if ahead {
            self.open.episodes += 1;
            self.out.batches_ahead += 1;
        } else {
            self.out.batches_after += 1;
        }
        let item = Item::Batch(id.clone(), self.tokens, ahead);
        let completer = self.completer(item);
        if let Some(worker) = &self.worker {
            let item = WorkItem {
                request: WorkRequest::Entity { request, callers },
                completer,
                cancelled: CancellationToken::new(),
            };
            dispatch(&*worker.handler, item);
        }
    }

    /// Hands over activities, as many as the worker takes, and reads more where there are more.
    pub(super) fn run_activities(&mut self) {
        let Some(worker) = &self.worker else { return };
        if self.mode.is_draining() {
            return;
        }
        let handler = worker.handler.clone();
        while let Some((id, request, cancelled)) = self.activities.start_next(worker.activities_max)
        {
            if !worker.has_activity(&request.name) {
                tracing::warn!(
                    activity = request.name,
                    "no worker has code for it; it waits"
                );
                self.activities.leave(id);
                continue;
            }
            count(&self.shared.counters.activities_started);
            let completer = self.completer(Item::Activity(id));
            let item = WorkItem {
                request: WorkRequest::Activity(request),
                completer,
                cancelled,
            };
            dispatch(&*handler, item);
        }
        if let Some(after) = self.activities.next_read() {
            self.read(
                false,
                move |store| salvage::open_activities(store, after, ACTIVITIES_KEPT),
                Read::Activities,
            );
        }
    }
}

/// Hands over an item. A worker that panics has dropped it, which gives it back.
fn dispatch(handler: &dyn WorkHandler, item: WorkItem) {
    // Nothing of the loop is touched by the worker, so nothing of it can be half done.
    if catch_unwind(AssertUnwindSafe(|| handler.dispatch(item))).is_err() {
        tracing::error!("the worker panicked when it was given a work item");
    }
}

/// Whether an entity's operations are synchronous, if the worker has code for it.
fn entity_kind(worker: &super::profile::Attached, id: &InstanceId) -> Option<bool> {
    worker.entity(EntityId::parse(id.as_str())?.name())
}

async fn read_history(
    store: &dyn Store,
    id: &InstanceId,
    execution: &ExecutionId,
) -> Result<Vec<HistoryEvent>, StoreError> {
    let (mut events, mut from) = (Vec::new(), 0);
    loop {
        let page = store
            .history(id, Some(execution), from, HISTORY_PAGE_BYTES)
            .await?;
        for chunk in &page.chunks {
            events.append(&mut decode_chunk(chunk)?);
        }
        match page.next {
            Some(next) => from = next,
            None => return Ok(events),
        }
    }
}
