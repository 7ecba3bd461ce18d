//! The reference store: everything in memory, gone with the process. Its [`Faults`] make commits
//! wait, fail, or get lost, for tests.

mod families;
mod faults;
mod stored;
mod tables;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use durable_task::{
    EntityFilter, EntityId, EntityMetadata, ExecutionId, Fetch, InstanceFilter, InstanceId,
    InstanceState, Page, Timestamp,
};

pub use faults::{Fault, Faults};

use self::tables::Tables;
use super::{
    Capabilities, Commit, EndedRow, HistoryPage, Loaded, Opened, Store, StoreError, StreamChunk,
    TaskKind, TaskRow, TimerRow,
};

/// A store in memory.
///
/// ```
/// use task_hub::store::memory::MemoryStore;
/// use task_hub::store::Store as _;
///
/// let store = MemoryStore::new();
/// assert!(!store.capabilities().survives_process);
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    faults: Arc<Faults>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// How to make its commits wait or fail.
    pub fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults)
    }

    /// A store with what is committed in this one: what a new process finds. Commits that are held
    /// back are lost.
    #[must_use]
    pub fn after_crash(&self) -> Self {
        Self {
            tables: Mutex::new(self.tables().clone()),
            faults: Arc::default(),
        }
    }

    /// A deliberate bug: takes the first row of a history away.
    #[cfg(feature = "simulation")]
    pub(crate) fn forget_first_history_row(&self, id: &InstanceId) {
        self.tables().forget_first_history_row(id);
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Tables are changed only by `Tables::apply`, which checks before it changes anything.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            group_commit: true,
            survives_process: false,
            tag_filter: true,
            stream_chunks: true,
        }
    }

    async fn open(&self) -> Result<Opened, StoreError> {
        self.faults.before_open()?;
        Ok(Opened {
            next_id: self.tables().next_id(),
        })
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        match self.faults.before_commit().await {
            None => self.tables().apply(commit),
            Some(Fault::Refused) => Err(Faults::error("commit")),
            Some(Fault::Unanswered) => {
                self.tables().apply(commit)?;
                Err(Faults::error("commit"))
            }
        }
    }

    async fn load(&self, id: &InstanceId) -> Result<Loaded, StoreError> {
        Ok(self.tables().load(id))
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: Option<&ExecutionId>,
        from: u64,
        bytes_max: usize,
    ) -> Result<HistoryPage, StoreError> {
        Ok(self.tables().history(id, execution, from, bytes_max))
    }

    async fn instance(
        &self,
        id: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, StoreError> {
        Ok(self.tables().instance(id, fetch))
    }

    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, StoreError> {
        self.tables().query(filter, fetch, page_size, token)
    }

    async fn ended(
        &self,
        after: Option<(Timestamp, InstanceId)>,
        limit: usize,
    ) -> Result<Vec<EndedRow>, StoreError> {
        Ok(self.tables().ended(after.as_ref(), limit))
    }

    async fn children(&self, id: &InstanceId) -> Result<Vec<InstanceId>, StoreError> {
        Ok(self.tables().children(id))
    }

    async fn entity(
        &self,
        id: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, StoreError> {
        Ok(self.tables().entity(&id.to_instance_id(), include_state))
    }

    async fn entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError> {
        self.tables()
            .entities(filter, include_state, page_size, token)
    }

    async fn message_targets(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        Ok(self.tables().message_targets(after, limit))
    }

    async fn open_activities(&self, after: u64, limit: usize) -> Result<Vec<TaskRow>, StoreError> {
        let tables = self.tables();
        let tasks = tables.tasks_after(after).map(|task| (**task).clone());
        Ok(tasks
            .filter(|task| matches!(task.kind, TaskKind::Activity(_)))
            .take(limit)
            .collect())
    }

    async fn timers(
        &self,
        after: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Result<Vec<TimerRow>, StoreError> {
        Ok(self.tables().timers_after(after, limit))
    }

    async fn parked(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        Ok(self.tables().parked(after, limit))
    }

    async fn stream_chunks(
        &self,
        id: &InstanceId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamChunk>, StoreError> {
        Ok(self.tables().chunks(id, from, limit))
    }

    async fn clear(&self) -> Result<(), StoreError> {
        match self.faults.before_commit().await {
            None => *self.tables() = Tables::default(),
            Some(Fault::Refused) => return Err(Faults::error("clear")),
            Some(Fault::Unanswered) => {
                *self.tables() = Tables::default();
                return Err(Faults::error("clear"));
            }
        }
        Ok(())
    }

    async fn close(&self) {}
}
