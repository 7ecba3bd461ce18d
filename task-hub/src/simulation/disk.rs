//! A disk that is slow, fails, and keeps what it likes of a commit that a crash cuts off; and the
//! store on it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use durable_task::{
    EntityFilter, EntityId, EntityMetadata, ExecutionId, Fetch, InstanceFilter, InstanceId,
    InstanceState, Page, Timestamp,
};
use futures_util::FutureExt as _;

use super::bug::{self, Bug};
use super::executor::Core;
use super::oracle::Oracle;
use super::sabotage;
use crate::store::memory::MemoryStore;
use crate::store::{
    Capabilities, Commit, EndedRow, HistoryPage, Loaded, LoadedBody, Opened, Store, StoreError,
    StreamChunk, TaskRow, TimerRow,
};

/// How slow and how unreliable a disk is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How long a commit takes at most, in microseconds.
    pub(super) commit_us_max: u64,
    /// How long a read takes at most, in microseconds.
    pub(super) read_us_max: u64,
    /// One in so many commits fails; 0: none.
    pub(super) commit_error_one_in: u64,
    /// One in so many reads fails; 0: none.
    pub(super) read_error_one_in: u64,
}

/// What survives a crash.
pub(super) struct Disk {
    core: Arc<Core>,
    durable: Arc<MemoryStore>,
    state: Mutex<DiskState>,
    oracle: Mutex<Oracle>,
}

struct DiskState {
    pace: Pace,
    /// No commit succeeds before this time.
    full_until: Duration,
    /// Whether it works well from now on.
    calm: bool,
    /// What is being written.
    in_flight: Option<Commit>,
    /// What a caller has walked away from, and what is written all the same.
    deferred: VecDeque<Commit>,
}

impl Disk {
    pub(super) fn new(core: &Arc<Core>, pace: Pace) -> Arc<Self> {
        Arc::new(Self {
            core: Arc::clone(core),
            durable: Arc::new(MemoryStore::new()),
            state: Mutex::new(DiskState {
                pace,
                full_until: Duration::ZERO,
                calm: false,
                in_flight: None,
                deferred: VecDeque::new(),
            }),
            oracle: Mutex::new(Oracle::new(core)),
        })
    }

    fn state(&self) -> MutexGuard<'_, DiskState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn oracle(&self) -> MutexGuard<'_, Oracle> {
        self.oracle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No more trouble from now on.
    pub(super) fn calm(&self) {
        let mut state = self.state();
        state.calm = true;
        state.full_until = Duration::ZERO;
    }

    pub(super) fn is_calm(&self) -> bool {
        self.state().calm
    }

    /// Refuses all commits for a while.
    pub(super) fn fill(&self, time: Duration) {
        self.state().full_until = self.core.clock() + time;
    }

    /// What is durable of an id.
    pub(super) fn load(&self, id: &InstanceId) -> Loaded {
        now(self.durable.load(id)).unwrap_or(Loaded {
            body: LoadedBody::Absent,
            messages: Vec::new(),
        })
    }

    /// What is durable of an instance, as a client sees it.
    pub(super) fn instance(&self, id: &InstanceId) -> Option<InstanceState> {
        now(self.durable.instance(id, Fetch::Payloads)).flatten()
    }

    /// What is durable of an entity, as a client sees it.
    pub(super) fn entity(&self, id: &EntityId) -> Option<EntityMetadata> {
        now(self.durable.entity(id, true)).flatten()
    }

    /// The durable history of an execution: its chunks.
    pub(super) fn chunks(&self, id: &InstanceId) -> Vec<Vec<u8>> {
        let page = now(self.durable.history(id, None, 0, usize::MAX));
        page.unwrap_or_default().chunks
    }

    /// All instances that are durable.
    pub(super) fn instances(&self) -> Vec<InstanceState> {
        let filter = InstanceFilter::default();
        let all = self
            .durable
            .query(&filter, Fetch::Payloads, usize::MAX, None);
        now(all).map(|page| page.items).unwrap_or_default()
    }

    /// Ids that have messages which nobody has taken in.
    pub(super) fn message_targets(&self) -> Vec<InstanceId> {
        now(self.durable.message_targets(None, usize::MAX)).unwrap_or_default()
    }

    pub(super) fn open_activities(&self) -> Vec<TaskRow> {
        now(self.durable.open_activities(0, usize::MAX)).unwrap_or_default()
    }

    pub(super) fn timers(&self) -> Vec<TimerRow> {
        now(self.durable.timers(None, usize::MAX)).unwrap_or_default()
    }

    /// The process has died: what it was writing is on the disk, or not.
    pub(super) fn crashed(&self) {
        if bug::has(Bug::AckBeforeDurable) {
            self.state().deferred.clear();
        }
        self.flush();
        if bug::has(Bug::MessageLost) {
            sabotage::lose_message(self);
        }
    }

    /// Writes to the disk behind the oracle's back.
    pub(super) fn tamper(&self, commit: Commit) {
        let _ = now(self.durable.commit(commit));
    }

    pub(super) fn memory(&self) -> &MemoryStore {
        &self.durable
    }

    /// What was left to be written is written before anything else happens.
    fn flush(&self) {
        loop {
            let next = self.state().deferred.pop_front();
            match next {
                // A commit that is refused changes nothing, whether somebody is told or not.
                Some(commit) => drop(self.apply(commit)),
                None => return,
            }
        }
    }

    fn apply(&self, commit: Commit) -> Result<(), StoreError> {
        let touched = self.oracle().before(&commit);
        self.durable
            .commit(commit)
            .now_or_never()
            .unwrap_or(Ok(()))?;
        sabotage::truncate(self, &touched.instances);
        self.oracle().after(self, touched);
        Ok(())
    }

    /// An error, at random or because the disk is full.
    fn trouble(&self, operation: &'static str, writes: bool) -> Result<(), StoreError> {
        let state = self.state();
        let full = writes && self.core.clock() < state.full_until;
        let one_in = if writes {
            state.pace.commit_error_one_in
        } else {
            state.pace.read_error_one_in
        };
        let fails = !state.calm && one_in > 0 && self.core.random(|random| random.one_in(one_in));
        if full || fails {
            return Err(StoreError::Unavailable {
                operation,
                reason: String::from(if full {
                    "the disk is full"
                } else {
                    "simulated"
                }),
            });
        }
        Ok(())
    }

    async fn delay(&self, micros_max: u64) {
        let micros = self.core.random(|random| random.below(micros_max));
        self.core.sleep(Duration::from_micros(micros)).await;
    }
}

/// The memory store never waits.
fn now<T>(future: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    future.now_or_never()?.ok()
}

/// A commit that is being written. If nobody waits for it any more it may still be written.
struct InFlight<'a> {
    disk: &'a Disk,
    commit: Option<Commit>,
}

impl InFlight<'_> {
    fn take(&mut self) -> Commit {
        self.disk.state().in_flight = None;
        self.commit.take().unwrap_or_default()
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(commit) = self.commit.take() {
            let kept = self.disk.core.random(|random| random.one_in(2));
            self.disk.core.trace(u64::from(kept), || {
                format!("a commit was cut off; kept: {kept}")
            });
            let mut state = self.disk.state();
            state.in_flight = None;
            if kept {
                state.deferred.push_back(commit);
            }
        }
    }
}

/// The store of one process.
pub(super) struct SimStore {
    disk: Arc<Disk>,
}

impl SimStore {
    pub(super) fn new(disk: &Arc<Disk>) -> Arc<Self> {
        Arc::new(Self {
            disk: Arc::clone(disk),
        })
    }

    /// The moment of a read, some time after its beginning.
    async fn moment(&self, operation: &'static str) -> Result<Arc<MemoryStore>, StoreError> {
        let micros = self.disk.state().pace.read_us_max;
        self.disk.delay(micros).await;
        self.disk.trouble(operation, false)?;
        if bug::has(Bug::ReadAhead) {
            let writing = self.disk.state().in_flight.clone();
            return Ok(sabotage::ahead(&self.disk, writing));
        }
        Ok(Arc::clone(&self.disk.durable))
    }

    /// The end of a read, some time after its moment.
    async fn answer<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let micros = self.disk.state().pace.read_us_max;
        self.disk.delay(micros / 2).await;
        result
    }
}

#[async_trait]
impl Store for SimStore {
    fn capabilities(&self) -> Capabilities {
        self.disk.durable.capabilities()
    }

    async fn open(&self) -> Result<Opened, StoreError> {
        self.disk.flush();
        let micros = self.disk.state().pace.commit_us_max;
        self.disk.delay(micros).await;
        self.disk.trouble("open", true)?;
        let opened = self.disk.durable.open().await?;
        self.disk
            .core
            .trace(opened.next_id, || format!("opened {}", opened.next_id));
        Ok(opened)
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.disk.flush();
        let (micros, calm) = {
            let mut state = self.disk.state();
            if bug::has(Bug::ReadAhead) {
                state.in_flight = Some(commit.clone());
            }
            (state.pace.commit_us_max, state.calm)
        };
        if bug::has(Bug::AckBeforeDurable) && !calm {
            // Written before the next one, unless the process dies first.
            self.disk.state().deferred.push_back(commit);
            return Ok(());
        }
        let mut writing = InFlight {
            disk: &self.disk,
            commit: Some(commit),
        };
        self.disk.delay(micros).await;
        if let Err(error) = self.disk.trouble("commit", true) {
            let written = self.disk.core.random(|random| random.one_in(3));
            let commit = writing.take();
            if written {
                self.disk.apply(commit)?;
            }
            return Err(error);
        }
        let commit = writing.take();
        self.disk.apply(commit)?;
        // It is durable, but the process does not know yet.
        self.disk.delay(micros / 2).await;
        Ok(())
    }

    async fn load(&self, id: &InstanceId) -> Result<Loaded, StoreError> {
        let moment = self.moment("load").await?;
        let result = moment.load(id).await;
        self.answer(result).await
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: Option<&ExecutionId>,
        from: u64,
        bytes_max: usize,
    ) -> Result<HistoryPage, StoreError> {
        let moment = self.moment("history").await?;
        let result = moment.history(id, execution, from, bytes_max).await;
        self.answer(result).await
    }

    async fn instance(
        &self,
        id: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, StoreError> {
        let moment = self.moment("instance").await?;
        let result = moment.instance(id, fetch).await;
        self.answer(result).await
    }

    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, StoreError> {
        let moment = self.moment("query").await?;
        let mut result = moment.query(filter, fetch, page_size, token).await;
        if let Ok(page) = &mut result {
            sabotage::skip(page, token.is_none());
        }
        self.answer(result).await
    }

    async fn children(&self, id: &InstanceId) -> Result<Vec<InstanceId>, StoreError> {
        let moment = self.moment("children").await?;
        let result = moment.children(id).await;
        self.answer(result).await
    }

    async fn entity(
        &self,
        id: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, StoreError> {
        let moment = self.moment("entity").await?;
        let result = moment.entity(id, include_state).await;
        self.answer(result).await
    }

    async fn ended(
        &self,
        after: Option<(Timestamp, InstanceId)>,
        limit: usize,
    ) -> Result<Vec<EndedRow>, StoreError> {
        let moment = self.moment("ended").await?;
        let result = moment.ended(after, limit).await;
        self.answer(result).await
    }

    async fn entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError> {
        let moment = self.moment("entities").await?;
        let result = moment
            .entities(filter, include_state, page_size, token)
            .await;
        self.answer(result).await
    }

    async fn message_targets(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        let moment = self.moment("message_targets").await?;
        let result = moment.message_targets(after, limit).await;
        self.answer(result).await
    }

    async fn open_activities(&self, after: u64, limit: usize) -> Result<Vec<TaskRow>, StoreError> {
        let moment = self.moment("open_activities").await?;
        let result = moment.open_activities(after, limit).await;
        self.answer(result).await
    }

    async fn timers(
        &self,
        after: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Result<Vec<TimerRow>, StoreError> {
        let moment = self.moment("timers").await?;
        let result = moment.timers(after, limit).await;
        self.answer(result).await
    }

    async fn parked(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        let moment = self.moment("parked").await?;
        let result = moment.parked(after, limit).await;
        self.answer(result).await
    }

    async fn stream_chunks(
        &self,
        id: &InstanceId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamChunk>, StoreError> {
        let moment = self.moment("stream_chunks").await?;
        let result = moment.stream_chunks(id, from, limit).await;
        self.answer(result).await
    }

    async fn clear(&self) -> Result<(), StoreError> {
        self.disk.durable.clear().await
    }

    async fn close(&self) {}
}
