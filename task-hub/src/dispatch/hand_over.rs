//! Work items: handed to workers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use durable_task::wire::proto::{HistoryEvent, OrchestratorRequest};
use durable_task::{Completer, ExecutionId, InstanceId, WorkHandler, WorkItem, WorkRequest};
use tokio_util::sync::CancellationToken;

use super::parked::{Entry, ParkedItem, ParkedReason};
use super::profile::{Pick, WorkKind, WorkerId};
use super::resident::Doing;
use super::run_entities::entity_name;
use super::settings::{COMMIT_EPISODES_PER_INSTANCE_MAX, HISTORY_PAGE_BYTES};
use super::shared::count;
use super::{Answer, Dispatcher, Fetching, Handed, Item, Notice, Place, Read, env};
use crate::engine::{Instance, Orchestration, Taking, decode_chunk};
use crate::store::{Store, StoreError};

impl Dispatcher {
    /// Hands over what is ready, as far as workers and the open commit take it. What stays ready
    /// waits for a worker with room.
    pub(super) fn run_ready(&mut self) {
        if self.workers.is_empty() || self.mode.is_draining() {
            return;
        }
        loop {
            let ran = self.run_orchestrations() + self.run_entities();
            self.pump();
            if ran == 0 || self.open.is_full() {
                break;
            }
        }
    }

    /// Hands over episodes; the names take turns. Returns how many instances it looked at.
    fn run_orchestrations(&mut self) -> usize {
        let (mut ran, mut blocked) = (0, Vec::new());
        while !self.open.is_full()
            && let Some(line) = self.ready.next()
        {
            let version = line.version.as_deref();
            let pick = self.pick(WorkKind::Orchestration, &line.name, version, None);
            if pick == Pick::Busy {
                blocked.push(line);
            } else if let Some(id) = self.ready.pop(line) {
                ran += 1;
                self.run_orchestration(&id);
            }
        }
        self.ready.give_back(blocked);
        ran
    }

    /// Who takes it, if the limit for its name leaves room.
    pub(super) fn pick(
        &mut self,
        kind: WorkKind,
        name: &str,
        version: Option<&str>,
        preferred: Option<WorkerId>,
    ) -> Pick {
        let pick = self.workers.pick(kind, name, version, preferred);
        if matches!(pick, Pick::Worker(_)) && !self.names.has_room(kind, name) {
            if self.names.is_hit(kind, name) {
                count(&self.shared.counters.name_limits_hit);
            }
            return Pick::Busy;
        }
        pick
    }

    /// Whether a worker has code for it.
    pub(super) fn has_code(&mut self, id: &InstanceId) -> bool {
        match self.residents.get(id).and_then(|resident| resident.live()) {
            Some(Instance::Orchestration(orchestration)) => {
                let identity = &orchestration.identity;
                let version = identity.version.as_deref();
                self.workers
                    .have(WorkKind::Orchestration, &identity.name, version)
            }
            Some(Instance::Entity(_)) => self.workers.have(WorkKind::Entity, entity_name(id), None),
            _ => false,
        }
    }

    /// Who runs its next episode: the worker that has the session, if it has room.
    fn pick_for(&mut self, id: &InstanceId, preferred: Option<WorkerId>) -> Pick {
        let Some(resident) = self.residents.get(id) else {
            return Pick::Nobody;
        };
        let preferred = resident.warm.or(preferred);
        let Some(orchestration) = resident.live().and_then(Instance::orchestration) else {
            return Pick::Nobody;
        };
        let identity = Arc::clone(&orchestration.identity);
        let version = identity.version.as_deref();
        self.pick(WorkKind::Orchestration, &identity.name, version, preferred)
    }

    fn run_orchestration(&mut self, id: &InstanceId) {
        let pick = self.pick_for(id, None);
        let (open, durable) = (self.open.number, self.durable);
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
        let (has_past, identity) = (
            orchestration.has_past(),
            Arc::clone(&orchestration.identity),
        );
        let is_durable = changed <= durable && orchestration.is_durable(self.durable_id)
            || has_bug!(RemoteBeforeDurable);
        let worker = match pick {
            Pick::Nobody => return self.leave(id),
            Pick::Busy => {
                // It has become something else since it was put into a line.
                resident.doing = Doing::Queued;
                return self.queue(id.clone());
            }
            Pick::Worker(worker) => worker,
        };
        let ahead = !self.workers.is_remote(worker);
        if ahead && episodes >= COMMIT_EPISODES_PER_INSTANCE_MAX {
            self.wait_for_next_commit(id);
        } else if !ahead && !is_durable {
            // The commit that it waits for makes it ready again.
        } else if !has_past || warm == Some(worker) {
            self.begin_episode(id, worker, Vec::new());
        } else if changed <= durable {
            self.tokens += 1;
            self.set_doing(id, Doing::Fetching(self.tokens));
            self.workers.fetching(worker);
            let place = self.names.fetching(&identity.name);
            self.fetch_history(Fetching {
                id: id.clone(),
                execution: identity.execution_id.clone(),
                token: self.tokens,
                worker,
                place,
                ahead,
            });
        }
    }

    fn set_doing(&mut self, id: &InstanceId, doing: Doing) {
        if let Some(resident) = self.residents.get(id) {
            resident.doing = doing;
        }
    }

    /// It has had as many episodes in the open commit as one may have.
    pub(super) fn wait_for_next_commit(&mut self, id: &InstanceId) {
        self.set_doing(id, Doing::Queued);
        self.next_commit.push(id.clone());
    }

    /// No worker has code for it, or for the version that the hub chose for it; then it is chosen
    /// again.
    fn leave(&mut self, id: &InstanceId) {
        let resident = self.residents.get(id);
        let orchestration = resident
            .and_then(|resident| resident.live())
            .and_then(Instance::orchestration);
        let delta = orchestration.map(Orchestration::take_back);
        match delta.filter(|delta| !delta.is_empty()) {
            Some(delta) => {
                self.merge(id, delta);
                self.make_ready(id);
            }
            None => self.park(id),
        }
    }

    /// Shows that no worker has code for it.
    fn park(&mut self, id: &InstanceId) {
        let now = self.runtime.now();
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        let Some(orchestration) = resident.live().and_then(Instance::orchestration) else {
            return;
        };
        let delta = orchestration.park(true, &mut env(&mut self.ids, &self.limits, now));
        if !delta.is_empty() {
            tracing::warn!(
                instance = %id, name = orchestration.identity.name,
                version = ?orchestration.identity.version,
                "no worker has code for it; it waits"
            );
        }
        let identity = Arc::clone(&orchestration.identity);
        let entry = Entry {
            kind: WorkKind::Orchestration,
            name: identity.name.clone(),
            version: identity.version.clone(),
            reason: ParkedReason::NoCode,
            instance: id.clone(),
        };
        self.shared
            .parked
            .add(ParkedItem::Instance(id.clone()), entry);
        self.merge(id, delta);
        self.settle(id);
    }

    fn fetch_history(&mut self, fetching: Fetching) {
        count(&self.shared.counters.histories_loaded);
        let (id, execution) = (fetching.id.clone(), fetching.execution.clone());
        self.read(
            fetching.ahead,
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
            worker,
            place: _,
            ahead: _,
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
        let pick = self.pick_for(id, Some(*worker));
        match pick {
            Pick::Worker(worker) if same && !self.mode.is_draining() => {
                self.begin_fetched(id, worker, past);
            }
            _ => {
                self.make_ready(id);
                self.settle(id);
            }
        }
    }

    /// Begins an episode with the history that was read for it, if the worker that has room now may
    /// have what waits.
    fn begin_fetched(&mut self, id: &InstanceId, worker: WorkerId, past: Vec<HistoryEvent>) {
        let durable_id = self.durable_id;
        let remote = self.workers.is_remote(worker);
        let waits = self.residents.get(id).and_then(|resident| resident.live());
        let is_durable = waits
            .and_then(Instance::orchestration)
            .is_some_and(|orchestration| orchestration.is_durable(durable_id));
        if !remote || is_durable || has_bug!(RemoteBeforeDurable) {
            self.begin_episode(id, worker, past);
        }
    }

    /// Hands over an episode: a new one, or again the one that was begun.
    fn begin_episode(&mut self, id: &InstanceId, worker: WorkerId, past: Vec<HistoryEvent>) {
        let now = self.runtime.now();
        let (open, durable_id) = (self.open.number, self.durable_id);
        let ahead = !self.workers.is_remote(worker);
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        let has_session = resident.warm == Some(worker);
        let Some(orchestration) = resident.live().and_then(Instance::orchestration) else {
            return;
        };
        let warm = has_session && orchestration.has_past() && past.is_empty();
        let (new_events, delta) = if orchestration.in_episode() {
            match orchestration.resend() {
                Ok(events) => (events, None),
                Err(error) => return self.given_back(id, worker, &error.to_string()),
            }
        } else {
            let newest = match &orchestration.identity.version {
                Some(_) => None,
                None => self.workers.newest(&orchestration.identity.name),
            };
            let taking = if ahead || has_bug!(RemoteBeforeDurable) {
                Taking::Everything
            } else {
                Taking::Durable {
                    before: durable_id,
                    bytes_max: self.workers.events_bytes_max(worker),
                }
            };
            let mut env = env(&mut self.ids, &self.limits, now);
            let newest = newest.as_deref().unwrap_or_default();
            let (events, delta) = orchestration.begin(newest, taking, &mut env);
            (events, Some(delta))
        };
        let identity = Arc::clone(&orchestration.identity);
        let request = OrchestratorRequest {
            instance_id: id.to_string(),
            execution_id: Some(identity.execution_id.to_string()),
            past_events: past,
            new_events,
            ..OrchestratorRequest::default()
        };
        self.tokens += 1;
        let handed = Handed {
            token: self.tokens,
            ahead,
        };
        resident.doing = Doing::Out(self.tokens);
        if ahead {
            resident.count_episode(open);
            self.open.episodes += 1;
            // What it decides about itself is written with its answer, else: until then nothing
            // has happened.
            if let Some(delta) = delta {
                self.merge(id, delta);
            }
        }
        *self.out.of(handed) += 1;
        self.shared.is_readable(id);
        let place = self.names.take(WorkKind::Orchestration, &identity.name);
        self.hand_over(
            worker,
            WorkKind::Orchestration,
            place,
            WorkRequest::Orchestrator { request, warm },
            Item::Episode(id.clone(), handed),
            CancellationToken::new(),
        );
    }

    /// Hands over an item. A worker that panics has dropped it, which gives it back.
    pub(super) fn hand_over(
        &mut self,
        worker: WorkerId,
        kind: WorkKind,
        place: Option<Place>,
        request: WorkRequest,
        item: Item,
        cancelled: CancellationToken,
    ) {
        let completer = self.completer(item, worker, place);
        // A worker that is gone drops the item too.
        let Some(handler) = self.workers.give(worker, kind) else {
            return;
        };
        let item = WorkItem {
            request,
            completer,
            cancelled,
        };
        dispatch(&*handler, item);
    }

    fn completer(&self, item: Item, worker: WorkerId, place: Option<Place>) -> Completer {
        let noticing = self.noticing.clone();
        Completer::keeping(move |answer, kept| {
            // The loop is gone: what was not committed runs again.
            let _ = noticing.send(Notice::Answer(Answer {
                item,
                worker,
                said: answer,
                place,
                kept,
            }));
        })
    }
}

/// A worker that panics has dropped the item, which gives it back.
fn dispatch(handler: &dyn WorkHandler, item: WorkItem) {
    // Nothing of the loop is touched by the worker, so nothing of it can be half done.
    if catch_unwind(AssertUnwindSafe(|| handler.dispatch(item))).is_err() {
        tracing::error!("the worker panicked when it was given a work item");
    }
}

pub(super) async fn read_history(
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
