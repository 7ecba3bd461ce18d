//! Stores that break the contract in one way each: the kit has to notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{EventRaisedEvent, HistoryChunk, HistoryEvent};
use durable_task::{
    ClientError, EntityFilter, EntityId, EntityMetadata, ExecutionId, Fetch, InstanceFilter,
    InstanceId, InstanceState, Page, Status, Timestamp,
};
use prost::Message as _;
use task_hub::conformance::{self, StoreFactory};
use task_hub::store::memory::MemoryStore;
use task_hub::store::{
    Capabilities, Commit, End, EndedRow, HistoryPage, HistoryRow, HistorySize, Identity,
    InstanceChange, InstanceWrite, Loaded, Opened, StateChange, Step, Store, StoreError,
    StreamChunk, TaskRow, TimerRow,
};
use task_hub::{Hub, HubLimits};

use crate::support::{TestRuntime, id};

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
    IgnoresEntityFilters,
    ListsTransientAlways,
    ListsEndsOnce,
    KeepsEndsOfRewound,
    ClearsNothing,
    ForgetsWhenClosed,
    /// No breach: an instance may begin a new execution at any time.
    ContinuesAsNewBetweenPages,
}

/// Each with a theme that notices.
const ALL: [(How, &str); 26] = {
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
        (IgnoresEntityFilters, "entities are filtered"),
        (ListsTransientAlways, "entities are filtered"),
        (ListsEndsOnce, "ended instances are listed by their ends"),
        (KeepsEndsOfRewound, "a rewound instance has not ended"),
        (ClearsNothing, "clearing leaves nothing"),
        (ForgetsWhenClosed, "reopening keeps all"),
    ]
};

struct Broken {
    inner: MemoryStore,
    how: How,
    /// How often it still does what [`How::ContinuesAsNewBetweenPages`] says.
    executions_left: AtomicUsize,
}

impl Broken {
    fn new(how: How) -> Self {
        Self {
            inner: MemoryStore::new(),
            how,
            executions_left: AtomicUsize::new(0),
        }
    }

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
                How::KeepsEndsOfRewound if write.change == InstanceChange::Restart => {
                    write.end = Some(End {
                        completed_at: Timestamp::EPOCH,
                        output: None,
                        failure: None,
                    });
                }
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
        let left = self.executions_left.load(Ordering::SeqCst);
        if self.is(How::ContinuesAsNewBetweenPages) && from > 0 && left > 0 {
            self.executions_left.store(left - 1, Ordering::SeqCst);
            for commit in two_pages(InstanceChange::Restart, left) {
                self.inner.commit(commit).await?;
            }
        }
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

    async fn ended(
        &self,
        after: Option<(Timestamp, InstanceId)>,
        limit: usize,
    ) -> Result<Vec<EndedRow>, StoreError> {
        if after.is_some() && self.is(How::ListsEndsOnce) {
            return Ok(Vec::new());
        }
        self.inner.ended(after, limit).await
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
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError> {
        let mut filter = filter.clone();
        if self.is(How::IgnoresEntityFilters) {
            filter.modified_to = None;
        }
        filter.include_transient |= self.is(How::ListsTransientAlways);
        self.inner
            .entities(&filter, include_state, page_size, token)
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

    async fn clear(&self) -> Result<(), StoreError> {
        if self.is(How::ClearsNothing) {
            return Ok(());
        }
        self.inner.clear().await
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
        Broken::new(self.0)
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

/// The commits of an execution whose history is too large for one page.
fn two_pages(change: InstanceChange, execution: usize) -> [Commit; 2] {
    let identity = Arc::new(Identity {
        instance_id: id("a"),
        execution_id: ExecutionId::new(execution.to_string()),
        generation: 0,
        name: String::from("loop"),
        version: None,
        version_by_hub: false,
        parent: None,
        tags: [].into(),
        created_at: Timestamp::EPOCH,
        scheduled_at: None,
        trace_context: None,
    });
    let commit = |change, row| {
        let event = HistoryEvent {
            event_type: Some(EventType::EventRaised(EventRaisedEvent {
                name: format!("{execution}/{row}"),
                input: Some("x".repeat(700_000)),
            })),
            ..HistoryEvent::default()
        };
        let events = vec![event];
        let write = InstanceWrite {
            identity: Arc::clone(&identity),
            change,
            input: None,
            step: Step {
                status: Status::Running,
                parked: false,
                custom_status: None,
                locks: Vec::new(),
                updated_at: Timestamp::EPOCH,
                history: HistorySize {
                    rows: row + 1,
                    events: row + 1,
                    bytes: 700_000,
                },
            },
            history: Some(HistoryRow {
                row,
                event_count: 1,
                events: HistoryChunk { events }.encode_to_vec(),
            }),
            end: None,
        };
        Commit {
            instances: vec![write],
            ..Commit::default()
        }
    };
    [commit(change, 0), commit(InstanceChange::Step, 1)]
}

/// Reads a history while so many new executions begin, each between two pages.
async fn read_meanwhile(executions: usize) -> Result<Vec<String>, ClientError> {
    let store = Broken::new(How::ContinuesAsNewBetweenPages);
    let replace = Vec::new();
    for commit in two_pages(InstanceChange::Create { replace }, 100) {
        store.inner.commit(commit).await.unwrap();
    }
    store.executions_left.store(executions, Ordering::SeqCst);
    let hub = Hub::with_store(Arc::new(store), HubLimits::default(), TestRuntime::new())
        .await
        .unwrap();
    let events = hub.client().history(&id("a")).await?;
    let names = events.into_iter().map(|event| match event.event_type {
        Some(EventType::EventRaised(raised)) => raised.name,
        other => panic!("{other:?}"),
    });
    Ok(names.collect())
}

#[tokio::test]
async fn history_is_whole_whatever_begins_meanwhile() {
    assert_eq!(read_meanwhile(0).await.unwrap(), ["100/0", "100/1"]);
    assert_eq!(read_meanwhile(1).await.unwrap(), ["1/0", "1/1"]);
    assert_eq!(read_meanwhile(3).await.unwrap(), ["1/0", "1/1"]);
}

#[tokio::test]
async fn history_that_changes_each_time_is_refused_for_now() {
    let error = read_meanwhile(50).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains("continued as new"), "{error}");
}
