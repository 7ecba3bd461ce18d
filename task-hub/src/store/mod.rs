//! Where a hub keeps its state: the [`Store`] trait, its rows, and the stores.
//!
//! `docs/storage.md` says what is kept and in which order it becomes durable.

mod error;
mod listing;
pub mod memory;
mod row;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use async_trait::async_trait;
use durable_task::{
    EntityFilter, EntityId, EntityMetadata, ExecutionId, Fetch, InstanceFilter, InstanceId,
    InstanceState, Page, Timestamp,
};

pub use error::StoreError;
pub use row::{
    Commit, CriticalSection, End, EndedRow, EntityLock, EntityRow, EntityWrite, HistoryRow,
    HistorySize, Identity, InstanceChange, InstanceRow, InstanceWrite, Loaded, LoadedBody,
    MessageRow, OpenTask, OpenTimer, StateChange, Step, StreamChunk, TaskKind, TaskRow, TimerRow,
};

/// What a store can do beyond the least that every store does. Data, so that nobody asks which
/// store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact that is independent of the others"
)]
pub struct Capabilities {
    /// Whether one commit may hold deltas of several instances. Without it the engine does not run
    /// ahead: each episode is a commit.
    pub group_commit: bool,
    /// Whether what it keeps survives the process.
    pub survives_process: bool,
    /// Whether a query may filter by tags.
    pub tag_filter: bool,
    /// Whether it keeps stream chunks.
    pub stream_chunks: bool,
}

/// What a store says when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Above every id of a message, task or timer that has a row.
    pub next_id: u64,
}

/// A part of a history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryPage {
    /// `HistoryChunk`s as protobuf, in order.
    pub chunks: Vec<Vec<u8>>,
    /// Goes into the next request; `None` at the end.
    pub next: Option<u64>,
}

/// Keeps the state of one hub.
///
/// # Contract
///
/// * [`commit`](Store::commit) is all or nothing. When it returns `Ok`, the commit survives
/// whatever
///   the store promises to survive, and every read that begins afterwards sees it. When it returns
/// an
///   error, the caller assumes nothing: it calls [`open`](Store::open) and reads again.
/// * Commits are given one at a time. A store is owned by one engine; it need not defend itself
///   against a second writer beyond refusing to open.
/// * Creating an instance is atomic: if the id is taken by an instance whose status is not listed
/// as
///   replaceable, the whole commit fails with [`StoreError::Conflict`] and changes nothing. A
/// replaced
///   instance leaves nothing behind: no history, message, task, timer or chunk.
/// * Closing a task or timer, or removing a message, that has no row is not an error.
/// * Reads see committed state only, never a part of a commit. They may run while a commit is made.
/// * Rows come back as they were written: events, inputs and states byte for byte.
/// * Listings use keyset tokens: an item that is neither added nor removed meanwhile is listed
/// exactly
///   once. Tokens are opaque to callers; a token that the store did not give is
///   [`StoreError::InvalidToken`].
/// * Purging is part of a commit: by id. Purging by filter is [`query`](Store::query) plus small
///   commits, so it can be stopped at any point and resumed.
///
/// # Do not
///
/// * Do not acknowledge before the data is as durable as promised, and do not batch commits in the
///   background.
/// * Do not interpret events, statuses or requests; decide nothing about instances. What is written
/// in
///   a commit is all that changes.
/// * Do not reorder messages: ids order them.
/// * Do not retry inside of `commit` beyond what the storage medium needs to be asked twice; the
/// engine
///   retries.
/// * Do not keep state in memory that a commit made by this store does not contain.
/// * Do not block the caller's thread, but in [`commit_here`](Store::commit_here): the engine's
///   loop awaits these futures.
/// * Do not put payloads, inputs or states into error texts.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes it ready: at the start, and again after a commit has failed. Proves that it can write.
    async fn open(&self) -> Result<Opened, StoreError>;

    /// Makes a commit durable.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;

    /// Does the same on the calling thread, which is blocked meanwhile: that is asked only where it
    /// may be. `None`: nothing was done, since the store can't do that now, or never.
    fn commit_here(&self, commit: &Commit) -> Option<Result<(), StoreError>> {
        let _ = commit;
        None
    }

    /// Reads what the engine needs of an instance or entity: its row, open tasks, open timers and
    /// waiting messages, as of one moment.
    async fn load(&self, id: &InstanceId) -> Result<Loaded, StoreError>;

    /// Reads the history of an execution from row `from` on, about `bytes_max` bytes (at least one
    /// row). Empty if the instance has no such execution; `None` asks for the current one.
    async fn history(
        &self,
        id: &InstanceId,
        execution: Option<&ExecutionId>,
        from: u64,
        bytes_max: usize,
    ) -> Result<HistoryPage, StoreError>;

    /// Reads an instance.
    async fn instance(
        &self,
        id: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, StoreError>;

    /// Lists instances by creation time and id, oldest first.
    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, StoreError>;

    /// Instances that have ended, in the order of their ends and then of their ids, after the given
    /// place.
    async fn ended(
        &self,
        after: Option<(Timestamp, InstanceId)>,
        limit: usize,
    ) -> Result<Vec<EndedRow>, StoreError>;

    /// The instances that this one started, oldest first.
    async fn children(&self, id: &InstanceId) -> Result<Vec<InstanceId>, StoreError>;

    /// Reads an entity; `None` if it has no state, no lock and no waiting message.
    async fn entity(
        &self,
        id: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, StoreError>;

    /// Lists entities in the order of their ids. The filter's prefix is compared as it is, and
    /// without one all names are listed. Entities that have no state are listed only where the
    /// filter asks for them: locked ones, and ones that only have messages.
    async fn entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError>;

    /// Ids that have waiting messages, in order, after `after`.
    async fn message_targets(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError>;

    /// Open activities whose id is above `after`, in order.
    async fn open_activities(&self, after: u64, limit: usize) -> Result<Vec<TaskRow>, StoreError>;

    /// Timers after the given time and id, in the order of their time, then id.
    async fn timers(
        &self,
        after: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Result<Vec<TimerRow>, StoreError>;

    /// Instances that no worker has code for, in the order of their ids, after `after`.
    async fn parked(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError>;

    /// Stream chunks of an instance whose number is at least `from`, in order.
    async fn stream_chunks(
        &self,
        id: &InstanceId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamChunk>, StoreError>;

    /// Removes all that was ever committed, in one step. Ids of rows need not rise above those that
    /// were there.
    async fn clear(&self) -> Result<(), StoreError>;

    /// Lets go of whatever it holds. Nothing is called afterwards.
    async fn close(&self);
}
