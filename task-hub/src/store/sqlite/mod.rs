//! The store in one SQLite file, made for one process on a local disk.
//!
//! `docs/storage.md` has its tables and what a crash leaves behind. One thread writes, two read;
//! callers wait without blocking theirs. A commit is one transaction with `synchronous=FULL`: when
//! [`Store::commit`] returns, it is on the disk.
//!
//! Other programs may open the file with `mode=ro` while it is in use.

mod commit;
mod connection;
mod convert;
mod entity;
mod fault;
mod instance;
mod lane;
mod listing;
mod load;
mod lock;
mod open_work;
mod payload;
mod query;
mod readers;
mod remove;
mod schema;
mod splice;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use durable_task::{
    EntityFilter, EntityId, EntityMetadata, ExecutionId, Fetch, InstanceFilter, InstanceId,
    InstanceState, Page, Timestamp,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

pub use self::fault::FileError;
pub use self::lock::{InUse, LockError, LockFile};

use self::connection::Synchronous;
use self::convert::stored;
use self::fault::Fault;
use self::lane::Lane;
use self::readers::Job;
use self::writer::{Command, Writing};
use super::listing::{Cursor, entity_token};
use super::{
    Capabilities, Commit, EndedRow, HistoryPage, Loaded, Opened, Store, StoreError, StreamChunk,
    TaskRow, TimerRow,
};

/// How many links to a file that does not exist are followed, one after the other.
const LINKS_MAX: usize = 40;

/// A store in one SQLite file, which belongs to it alone until it is closed.
///
/// ```
/// use task_hub::store::Store as _;
/// use task_hub::store::sqlite::SqliteStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// let store = SqliteStore::acquire(directory.path().join("hub.db"))?;
/// let opened = store.open().await?;
/// assert_eq!(opened.next_id, 1);
/// store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    synchronous: Synchronous,
    lock: Arc<LockFile>,
    /// How often the file was opened.
    openings: Arc<AtomicU64>,
    threads: Mutex<Threads>,
}

/// The threads of a store, which begin with its first opening.
enum Threads {
    None,
    Running { writer: Writing, readers: Lane<Job> },
    Closed,
}

impl std::fmt::Debug for Threads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Running { .. } => "Running",
            Self::Closed => "Closed",
        })
    }
}

impl SqliteStore {
    /// Takes the ownership of the hub file at `path`, which need not exist; nor need its folder.
    /// The file itself is opened, or created, by [`check`](Self::check) or [`open`](Store::open).
    pub fn acquire(path: impl AsRef<Path>) -> Result<Self, LockError> {
        // The lock of a link is the lock of the file that it leads to.
        let path = resolved(path.as_ref());
        let lock = Arc::new(LockFile::acquire(&path)?);
        Ok(Self {
            path,
            synchronous: Synchronous::Full,
            lock,
            openings: Arc::new(AtomicU64::new(0)),
            threads: Mutex::new(Threads::None),
        })
    }

    /// From the first opening on, commits survive the death of the process, but not loss of power:
    /// that may take the last ones. What is left is a state that the hub was in.
    #[must_use]
    pub fn relaxed(mut self) -> Self {
        self.synchronous = Synchronous::Normal;
        self
    }

    /// Opens or creates the file as [`open`](Store::open) does, but tells apart what can be wrong
    /// with it.
    pub async fn check(&self) -> Result<(), FileError> {
        match self.open_file().await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(fault)) => Err(fault.into()),
            Err(error) => Err(FileError::NotWritable {
                problem: error.to_string(),
            }),
        }
    }

    /// The hub file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its ownership, for [`LockFile::announce`].
    pub fn lock_file(&self) -> Arc<LockFile> {
        Arc::clone(&self.lock)
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_readers(&self) -> io::Result<Lane<Job>> {
        readers::start(&self.path, &self.openings)
    }

    fn start_writer(&self) -> io::Result<Writing> {
        let (lock, openings) = (Arc::clone(&self.lock), Arc::clone(&self.openings));
        writer::start(self.path.clone(), self.synchronous, lock, openings)
    }

    /// Starts the threads that do not run: all of them at first, later those that have died.
    fn start(&self) -> io::Result<()> {
        let mut threads = self.threads();
        match &mut *threads {
            Threads::None => {
                *threads = Threads::Running {
                    writer: self.start_writer()?,
                    readers: self.start_readers()?,
                };
            }
            Threads::Running { writer, readers } => {
                if writer.lane.is_broken() {
                    *writer = self.start_writer()?;
                }
                if readers.is_broken() {
                    let others = std::mem::replace(readers, self.start_readers()?);
                    readers.also_ends(others.stop());
                }
            }
            Threads::Closed => {}
        }
        Ok(())
    }

    /// The outer error is about the thread, the inner one about the file.
    async fn open_file(&self) -> Result<Result<Opened, Fault>, StoreError> {
        self.start().map_err(|error| StoreError::Unavailable {
            operation: "open",
            reason: format!("the store's threads can't be started: {error}"),
        })?;
        self.command("open", Command::Open).await
    }

    async fn command<T>(
        &self,
        operation: &'static str,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        let writer = match &*self.threads() {
            Threads::None => return Err(Fault::NotOpen.during(operation)),
            Threads::Running { writer, .. } => writer.lane.sender(),
            Threads::Closed => return Err(StoreError::Closed { operation }),
        };
        let (answer, answered) = oneshot::channel();
        // What was not sent is dropped, and with it the answer.
        writer.send(command(answer)).await;
        answered.await.map_err(|_| self.no_answer(operation))
    }

    async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        read: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = match &*self.threads() {
            Threads::None => return Err(Fault::NotOpen.during(operation)),
            Threads::Running { readers, .. } => readers.sender(),
            Threads::Closed => return Err(StoreError::Closed { operation }),
        };
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |reader| {
            // A caller that has gone does not need the answer.
            if !answer.is_closed() {
                let result = reader.read(read).map_err(|fault| fault.during(operation));
                let _ = answer.send(result);
            }
        });
        // What was not sent is dropped, and with it the answer.
        readers.send(job).await;
        answered.await.map_err(|_| self.no_answer(operation))?
    }

    fn no_answer(&self, operation: &'static str) -> StoreError {
        match &*self.threads() {
            Threads::Closed => StoreError::Closed { operation },
            // The thread has died; opening starts it again.
            _ => Fault::NotOpen.during(operation),
        }
    }
}

/// The file that a path leads to, also if it is a link to a file that does not exist yet.
fn resolved(path: &Path) -> PathBuf {
    // SQLite reads a relative path as something else if it begins with `file:`, or is `:memory:`.
    let mut path = absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..LINKS_MAX {
        if let Ok(existing) = path.canonicalize() {
            return existing;
        }
        let Ok(target) = path.read_link() else {
            return path;
        };
        // A relative target is relative to the link's folder.
        path = match path.parent() {
            Some(folder) => folder.join(target),
            None => target,
        };
    }
    // Links in a circle: opening the file will say so.
    path
}

#[async_trait]
impl Store for SqliteStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            group_commit: true,
            survives_process: true,
            tag_filter: true,
            stream_chunks: true,
        }
    }

    async fn open(&self) -> Result<Opened, StoreError> {
        let opened = self.open_file().await?;
        opened.map_err(|fault| fault.during("open"))
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let commit = Box::new(commit);
        let made = self
            .command("commit", |answer| Command::Commit(commit, answer))
            .await?;
        made.map_err(|fault| fault.during("commit"))
    }

    fn commit_here(&self, commit: &Commit) -> Option<Result<(), StoreError>> {
        // Reads go on meanwhile: they need the list of threads.
        let writer = match &*self.threads() {
            Threads::Running { writer, .. } => writer.writer.clone(),
            Threads::None | Threads::Closed => return None,
        };
        let made = writer.commit_here(commit)?;
        Some(made.map_err(|fault| fault.during("commit")))
    }

    async fn load(&self, id: &InstanceId) -> Result<Loaded, StoreError> {
        let id = id.clone();
        self.read("load", move |connection| load::load(connection, &id))
            .await
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: Option<&ExecutionId>,
        from: u64,
        bytes_max: usize,
    ) -> Result<HistoryPage, StoreError> {
        let (id, execution, from) = (id.clone(), execution.cloned(), stored(from));
        self.read("history", move |connection| {
            load::history(connection, &id, execution.as_ref(), from, bytes_max)
        })
        .await
    }

    async fn instance(
        &self,
        id: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, StoreError> {
        let id = id.clone();
        self.read("instance", move |connection| {
            query::instance(connection, &id, fetch)
        })
        .await
    }

    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, StoreError> {
        let after = token.map(Cursor::parse).transpose()?;
        let filter = filter.clone();
        self.read("query", move |connection| {
            query::instances(connection, &filter, fetch, page_size, after.as_ref())
        })
        .await
    }

    async fn ended(
        &self,
        after: Option<(Timestamp, InstanceId)>,
        limit: usize,
    ) -> Result<Vec<EndedRow>, StoreError> {
        self.read("ended", move |connection| {
            listing::ended(connection, after.as_ref(), limit)
        })
        .await
    }

    async fn children(&self, id: &InstanceId) -> Result<Vec<InstanceId>, StoreError> {
        let id = id.clone();
        self.read("children", move |connection| {
            query::children(connection, &id)
        })
        .await
    }

    async fn entity(
        &self,
        id: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, StoreError> {
        let id = id.clone();
        self.read("entity", move |connection| {
            query::entity(connection, &id, include_state)
        })
        .await
    }

    async fn entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError> {
        let token = entity_token(token)?.map(str::to_owned);
        let filter = filter.clone();
        self.read("entities", move |connection| {
            let token = token.as_deref();
            listing::entities(connection, &filter, include_state, page_size, token)
        })
        .await
    }

    async fn message_targets(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        let after = after.cloned();
        self.read("message_targets", move |connection| {
            open_work::message_targets(connection, after.as_ref(), limit)
        })
        .await
    }

    async fn open_activities(&self, after: u64, limit: usize) -> Result<Vec<TaskRow>, StoreError> {
        self.read("open_activities", move |connection| {
            open_work::activities(connection, after, limit)
        })
        .await
    }

    async fn timers(
        &self,
        after: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Result<Vec<TimerRow>, StoreError> {
        self.read("timers", move |connection| {
            open_work::timers(connection, after, limit)
        })
        .await
    }

    async fn parked(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        let after = after.cloned();
        self.read("parked", move |connection| {
            open_work::parked(connection, after.as_ref(), limit)
        })
        .await
    }

    async fn stream_chunks(
        &self,
        id: &InstanceId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamChunk>, StoreError> {
        let id = id.clone();
        self.read("stream_chunks", move |connection| {
            open_work::chunks(connection, &id, from, limit)
        })
        .await
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let cleared = self.command("clear", Command::Clear).await?;
        cleared.map_err(|fault| fault.during("clear"))
    }

    async fn close(&self) {
        let threads = std::mem::replace(&mut *self.threads(), Threads::Closed);
        if let Threads::Running { writer, readers } = threads {
            // The writer goes last: the last connection tidies up the WAL, which a reader can't.
            for end in readers.stop() {
                // An error says that the thread has ended in another way.
                let _ = end.await;
            }
            for end in writer.lane.stop() {
                let _ = end.await;
            }
        }
        // Not when the store is dropped: clients may hold it for longer than the hub is open.
        if self.openings.load(Ordering::Acquire) == 0 {
            // Perhaps the file is somebody else's: nothing is left beside it.
            self.lock.withdraw();
        }
        self.lock.release();
    }
}
