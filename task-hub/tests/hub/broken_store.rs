//! Stores that break the contract in one way each: the kit has to notice.

use async_trait::async_trait;
use durable_task::{
    EntityId, EntityMetadata, ExecutionId, Fetch, InstanceFilter, InstanceId, InstanceState, Page,
    Timestamp,
};
use task_hub::conformance::{self, StoreFactory};
use task_hub::store::memory::MemoryStore;
use task_hub::store::{
    Capabilities, Commit, HistoryPage, InstanceChange, Loaded, Opened, StateChange, Store,
    StoreError, StreamChunk, TaskRow, TimerRow,
};

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    ReplacesAnyInstance,
    RefusesEveryCreate,
    WritesConflictsInPart,
    LosesInputs,
    LosesEnds,
    KeepsHistoryOfEarlierExecutions,
    EndsHistoriesEarly,
    ReversesMessages,
    KeepsMessages,
    KeepsTasks,
    KeepsTimers,
    IgnoresTimerWindows,
    IgnoresStatusFilter,
    IgnoresPageSize,
    AcceptsAnyToken,
    ListsTwice,
    IgnoresEntityStates,
    PurgesNothing,
    ForgetsParked,
    LosesStreamChunks,
    ForgetsWhenClosed,
}

/// Each with a theme that notices.
const ALL: [(How, &str); 21] = {
    use How::*;
    [
        (ReplacesAnyInstance, "creating refuses an id that is taken"),
        (
            RefusesEveryCreate,
            "creating replaces what may be replaced, and leaves nothing of it",
        ),
        (
            WritesConflictsInPart,
            "a commit that conflicts changes nothing",
        ),
        (LosesInputs, "an instance comes back as it was written"),
        (LosesEnds, "an end keeps result and failure"),
        (
            KeepsHistoryOfEarlierExecutions,
            "continue-as-new keeps the instance and drops its history",
        ),
        (EndsHistoriesEarly, "a history comes back byte for byte"),
        (
            ReversesMessages,
            "messages come back in the order of their ids",
        ),
        (
            KeepsMessages,
            "messages come back in the order of their ids",
        ),
        (KeepsTasks, "open activities are listed in windows"),
        (KeepsTimers, "timers are listed in windows, by time"),
        (IgnoresTimerWindows, "timers are listed in windows, by time"),
        (IgnoresStatusFilter, "instances are filtered"),
        (IgnoresPageSize, "instances are listed by creation and id"),
        (AcceptsAnyToken, "a foreign token is refused"),
        (ListsTwice, "a listing holds under changes"),
        (
            IgnoresEntityStates,
            "a state of any size comes back after any change",
        ),
        (PurgesNothing, "purging an instance leaves nothing of it"),
        (ForgetsParked, "parked instances are listed in windows"),
        (LosesStreamChunks, "stream chunks come back in order"),
        (ForgetsWhenClosed, "reopening keeps all"),
    ]
};

struct Broken {
    inner: MemoryStore,
    how: How,
}

impl Broken {
    fn is(&self, how: How) -> bool {
        self.how == how
    }

    fn spoil(&self, commit: &mut Commit) {
        for write in &mut commit.instances {
            match (&mut write.change, self.how) {
                (InstanceChange::Create { replace }, How::ReplacesAnyInstance) => {
                    replace.push(write.step.status);
                }
                (InstanceChange::Create { replace }, How::RefusesEveryCreate) => replace.clear(),
                (change @ InstanceChange::Restart, How::KeepsHistoryOfEarlierExecutions) => {
                    *change = InstanceChange::Step;
                }
                _ => {}
            }
            match self.how {
                How::LosesInputs => write.input = None,
                How::LosesEnds => write.end = None,
                How::ForgetsParked => write.step.parked = false,
                _ => {}
            }
        }
        match self.how {
            How::KeepsMessages => commit.messages_removed.clear(),
            How::KeepsTasks => commit.tasks_closed.clear(),
            How::KeepsTimers => commit.timers_closed.clear(),
            How::PurgesNothing => commit.purged.clear(),
            How::LosesStreamChunks => commit.stream_chunks.clear(),
            How::IgnoresEntityStates => {
                for entity in &mut commit.entities {
                    if let StateChange::Replace {
                        from: Some(from),
                        to,
                    } = &mut entity.state
                    {
                        *to = Some(from.clone());
                    }
                }
            }
            _ => {}
        }
    }
}

#[async_trait]
impl Store for Broken {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            survives_process: true,
            ..self.inner.capabilities()
        }
    }

    async fn open(&self) -> Result<Opened, StoreError> {
        self.inner.open().await
    }

    async fn commit(&self, mut commit: Commit) -> Result<(), StoreError> {
        self.spoil(&mut commit);
        if self.is(How::WritesConflictsInPart) {
            let messages_added = std::mem::take(&mut commit.messages_added);
            let part = Commit {
                messages_added,
                ..Commit::default()
            };
            self.inner.commit(part).await?;
        }
        self.inner.commit(commit).await
    }

    async fn load(&self, id: &InstanceId) -> Result<Loaded, StoreError> {
        let mut loaded = self.inner.load(id).await?;
        if self.is(How::ReversesMessages) {
            loaded.messages.reverse();
        }
        Ok(loaded)
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: Option<&ExecutionId>,
        from: u64,
        bytes_max: usize,
    ) -> Result<HistoryPage, StoreError> {
        let mut page = self.inner.history(id, execution, from, bytes_max).await?;
        if self.is(How::EndsHistoriesEarly) && page.next.is_none() {
            page.chunks.pop();
        }
        Ok(page)
    }

    async fn instance(
        &self,
        id: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, StoreError> {
        self.inner.instance(id, fetch).await
    }

    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, StoreError> {
        let mut filter = filter.clone();
        if self.is(How::IgnoresStatusFilter) {
            filter.statuses.clear();
        }
        let page_size = page_size + usize::from(self.is(How::IgnoresPageSize));
        let page = self.inner.query(&filter, fetch, page_size, token).await;
        let mut page = match page {
            Err(StoreError::InvalidToken) if self.is(How::AcceptsAnyToken) => {
                self.inner.query(&filter, fetch, page_size, None).await?
            }
            page => page?,
        };
        if self.is(How::ListsTwice) && page.next.is_some() {
            page.items.extend(page.items.last().cloned());
        }
        Ok(page)
    }

    async fn children(&self, id: &InstanceId) -> Result<Vec<InstanceId>, StoreError> {
        self.inner.children(id).await
    }

    async fn entity(
        &self,
        id: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, StoreError> {
        self.inner.entity(id, include_state).await
    }

    async fn entities(
        &self,
        name: &str,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError> {
        self.inner
            .entities(name, include_state, page_size, token)
            .await
    }

    async fn message_targets(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        self.inner.message_targets(after, limit).await
    }

    async fn open_activities(&self, after: u64, limit: usize) -> Result<Vec<TaskRow>, StoreError> {
        self.inner.open_activities(after, limit).await
    }

    async fn timers(
        &self,
        after: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Result<Vec<TimerRow>, StoreError> {
        let mut timers = self.inner.timers(after, limit).await?;
        if self.is(How::IgnoresTimerWindows) {
            timers.sort_by_key(|timer| timer.id);
        }
        Ok(timers)
    }

    async fn parked(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        self.inner.parked(after, limit).await
    }

    async fn stream_chunks(
        &self,
        id: &InstanceId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamChunk>, StoreError> {
        self.inner.stream_chunks(id, from, limit).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

struct BrokenStores(How);

#[async_trait]
impl StoreFactory for BrokenStores {
    type Store = Broken;

    async fn create(&self) -> Broken {
        Broken {
            inner: MemoryStore::new(),
            how: self.0,
        }
    }

    async fn reopen(&self, closed: Broken) -> Broken {
        match closed.how {
            How::ForgetsWhenClosed => self.create().await,
            _ => closed,
        }
    }
}

#[tokio::test]
async fn kit_notices_each_breach() {
    for (how, theme) in ALL {
        let violations = conformance::check(&BrokenStores(how)).await;
        let violations = violations.expect_err(&format!("{how:?} is a breach"));
        let noticed = violations
            .0
            .iter()
            .any(|violation| violation.theme == theme);
        assert!(
            noticed,
            "{how:?} must be noticed by `{theme}`: {violations}"
        );
    }
}
