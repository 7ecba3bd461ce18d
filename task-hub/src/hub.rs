mod error;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use durable_task::{
    Client, ClientError, InstanceFilter, InstanceId, Page, Purged, Runtime, Status, Timestamp,
    WorkHandler,
};
use tokio::sync::{mpsc, oneshot};

use crate::dispatch::{
    Concurrency, Control, Dispatcher, HubClient, HubHealth, HubLimits, HubStats, Notice, Parked,
    Parts, RetentionPolicy, Shared, Sweeper, WorkerId,
};
use crate::store::memory::MemoryStore;
#[cfg(feature = "sqlite")]
use crate::store::sqlite::SqliteStore;
use crate::store::{EndedRow, Store, StoreError};

pub use error::{AttachError, OpenError};

/// How many requests may wait for the hub's loop before clients wait to ask.
const REQUESTS_WAITING_MAX: usize = 4_096;

/// Where a hub lives and how much it takes.
///
/// ```
/// use task_hub::HubOptions;
///
/// let laptop = HubOptions::file("orders.db");
/// let test = HubOptions::memory();
/// # drop((laptop, test));
/// ```
#[derive(Debug, Clone)]
pub struct HubOptions {
    place: Place,
    durability: Durability,
    limits: HubLimits,
    concurrency: Concurrency,
    retention: RetentionPolicy,
}

#[derive(Debug, Clone)]
enum Place {
    Memory,
    File(PathBuf),
}

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Loss of power: each commit is synced to the disk.
    #[default]
    Synced,
    /// The death of the process. A loss of power may take the last commits, acknowledged ones too;
    /// what is left is a state that the hub was in.
    Relaxed,
}

impl HubOptions {
    /// A hub in memory, gone with the process.
    pub fn memory() -> Self {
        Self {
            place: Place::Memory,
            durability: Durability::default(),
            limits: HubLimits::default(),
            concurrency: Concurrency::default(),
            retention: RetentionPolicy::new(),
        }
    }

    /// A hub in one file, created with its folder if there is none. On a local disk.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self {
            place: Place::File(path.as_ref().to_owned()),
            ..Self::memory()
        }
    }

    /// Sets what a commit survives.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets how long ended instances are kept.
    #[must_use]
    pub fn retention(mut self, policy: RetentionPolicy) -> Self {
        self.retention = policy;
        self
    }

    /// Sets how much the hub takes.
    #[must_use]
    pub fn limits(mut self, limits: HubLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how much of one name runs at once.
    #[must_use]
    pub fn concurrency(mut self, concurrency: Concurrency) -> Self {
        self.concurrency = concurrency;
        self
    }
}

/// An open hub: the engine, its store, and its loop.
///
/// Dropping the hub and all its clients ends the loop like a [`shutdown`](Self::shutdown).
pub struct Hub {
    client: HubClient,
    notices: mpsc::UnboundedSender<Notice>,
    workers: Arc<AtomicUsize>,
    next_worker: AtomicU64,
    address: Address,
}

/// A worker that a hub gives work to.
///
/// Dropping it changes nothing: a worker that lives as long as its hub needs no handle.
pub struct Attachment {
    id: WorkerId,
    worker: Arc<dyn WorkHandler>,
    notices: mpsc::UnboundedSender<Notice>,
    workers: Arc<AtomicUsize>,
    detached: AtomicBool,
}

impl Attachment {
    /// Reads the worker's profile again: what it runs, or how much, has changed. What waited for
    /// code that it has now goes on.
    pub fn update(&self) {
        let profile = self.worker.profile();
        // A hub that is gone needs no profile.
        let _ = self.notices.send(Notice::Update {
            id: self.id,
            profile,
        });
    }

    /// Says that the worker has room again, after it has said that it
    /// [has none](WorkHandler::has_room).
    pub fn has_room(&self) {
        // A hub that is gone gives no more work.
        let _ = self.notices.send(Notice::Room);
    }

    /// Gives the worker no more work. What it has it may still answer; what it gives back, or
    /// drops, goes to another worker at once. A second time it does nothing.
    pub fn detach(&self) {
        if !self.detached.swap(true, Ordering::SeqCst) {
            self.workers.fetch_sub(1, Ordering::SeqCst);
            // A hub that is gone gives no more work.
            let _ = self.notices.send(Notice::Detach(self.id));
        }
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attachment").field(&self.id.0).finish()
    }
}

type Address = Option<Arc<dyn Fn(&str) + Send + Sync>>;

impl Hub {
    /// Opens a hub, or creates it, and goes on with what is open in it as soon as a worker is
    /// attached.
    pub async fn open(options: HubOptions, runtime: Arc<dyn Runtime>) -> Result<Self, OpenError> {
        let hub = match &options.place {
            Place::Memory => {
                let store = Arc::new(MemoryStore::new());
                Self::with_options(store, &options, runtime).await?
            }
            Place::File(path) => Self::open_file(path, &options, runtime).await?,
        };
        hub.retain(options.retention);
        Ok(hub)
    }

    #[cfg(feature = "sqlite")]
    async fn open_file(
        path: &Path,
        options: &HubOptions,
        runtime: Arc<dyn Runtime>,
    ) -> Result<Self, OpenError> {
        let store = SqliteStore::acquire(path)?;
        let store = match options.durability {
            Durability::Synced => store,
            Durability::Relaxed => store.relaxed(),
        };
        if let Err(error) = store.check().await {
            store.close().await;
            return Err(OpenError::of_file(path, error));
        }
        // The loop owns the file: it is free when the loop has ended, not when the hub is dropped.
        let lock = Arc::downgrade(&store.lock_file());
        let mut hub = Self::with_options(Arc::new(store), options, runtime).await?;
        hub.address = Some(Arc::new(move |address: &str| {
            if let Some(lock) = lock.upgrade()
                && let Err(error) = lock.announce(address)
            {
                tracing::warn!(%error, "the address can't be written into the lock file");
            }
        }));
        Ok(hub)
    }

    #[cfg(not(feature = "sqlite"))]
    #[allow(clippy::unused_async, reason = "the same signature as with files")]
    async fn open_file(
        _path: &Path,
        _options: &HubOptions,
        _runtime: Arc<dyn Runtime>,
    ) -> Result<Self, OpenError> {
        Err(OpenError::NoFiles)
    }

    /// Opens a hub over any store.
    pub async fn with_store(
        store: Arc<dyn Store>,
        limits: HubLimits,
        runtime: Arc<dyn Runtime>,
    ) -> Result<Self, StoreError> {
        let options = HubOptions::memory().limits(limits);
        Self::with_options(store, &options, runtime).await
    }

    /// Opens a hub over any store, with all that the options say but the place.
    pub async fn with_options(
        store: Arc<dyn Store>,
        options: &HubOptions,
        runtime: Arc<dyn Runtime>,
    ) -> Result<Self, StoreError> {
        let limits = options.limits;
        let opened = store.open().await?;
        let shared = Arc::new(Shared::default());
        let (asking, controls) = mpsc::channel(REQUESTS_WAITING_MAX);
        let (noticing, notices) = mpsc::unbounded_channel();
        let dispatcher = Dispatcher::new(Parts {
            runtime: Arc::clone(&runtime),
            store: Arc::clone(&store),
            limits,
            concurrency: options.concurrency.clone(),
            shared: Arc::clone(&shared),
            controls,
            notices: (noticing.clone(), notices),
            opened,
        });
        runtime.spawn_loop("task-hub", Box::pin(dispatcher.run()));
        Ok(Self {
            client: HubClient {
                runtime,
                store,
                shared,
                limits,
                controls: asking,
            },
            notices: noticing,
            workers: Arc::default(),
            next_worker: AtomicU64::new(1),
            address: None,
        })
    }

    /// A client of this hub.
    pub fn client(&self) -> Arc<dyn Client> {
        Arc::new(self.client.clone())
    }

    /// Like a client of it, for what the common interface leaves out.
    #[cfg(feature = "sidecar")]
    pub(crate) fn own_client(&self) -> &HubClient {
        &self.client
    }

    /// How many workers a hub takes at once.
    pub const WORKERS_MAX: usize = 1_000;

    /// Gives work to a worker from now on, also to one of several: what is open in the store, and
    /// what comes. An item goes to a worker whose profile accepts it and that has room; to the one
    /// that keeps its session, else to the one with the least to do. What no worker accepts waits.
    pub fn attach(&self, worker: Arc<dyn WorkHandler>) -> Result<Attachment, AttachError> {
        if self.client.controls.is_closed() {
            return Err(AttachError::Closed);
        }
        let room = self
            .workers
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| {
                (count < Self::WORKERS_MAX).then_some(count + 1)
            });
        if room.is_err() {
            return Err(AttachError::TooMany);
        }
        let id = WorkerId(self.next_worker.fetch_add(1, Ordering::SeqCst));
        let attach = Notice::Attach {
            id,
            worker: Arc::clone(&worker),
            profile: worker.profile(),
        };
        self.notices.send(attach).map_err(|_| AttachError::Closed)?;
        Ok(Attachment {
            id,
            worker,
            notices: self.notices.clone(),
            workers: Arc::clone(&self.workers),
            detached: AtomicBool::new(false),
        })
    }

    /// Ids of instances that have ended, in one of these ways (none given: in any), at `from` or
    /// later and before `to`. In the order of their ends, so that what ends while they are listed
    /// comes on a later page. [`Page::next`] is the next page's token.
    pub async fn ended(
        &self,
        statuses: &[Status],
        (from, to): (Option<Timestamp>, Option<Timestamp>),
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceId>, ClientError> {
        let wanted = |row: &EndedRow| statuses.is_empty() || statuses.contains(&row.status);
        self.client
            .ended(wanted, (from, to), page_size, token)
            .await
    }

    /// Says where this process serves, for the error that a second process gets.
    pub fn announce(&self, address: &str) {
        if let Some(announce) = &self.address {
            announce(address);
        }
    }

    /// Whether the hub takes writes.
    pub fn health(&self) -> HubHealth {
        self.client.shared.health()
    }

    /// Returns once the hub has ended: it was shut down, or has failed. [`health`](Self::health)
    /// says which.
    pub async fn until_ended(&self) {
        self.client.shared.until_ended().await;
    }

    /// Whether answers come too late: nobody takes them any more.
    #[cfg(feature = "sidecar")]
    pub(crate) fn is_gone(&self) -> bool {
        // A loop that has failed says so only once its store is closed.
        self.notices.is_closed() || self.client.shared.has_ended()
    }

    /// Counters since it was opened.
    pub fn stats(&self) -> HubStats {
        self.client.shared.stats()
    }

    /// Work that waits for a worker, by name: nobody has code for it, or it was given back too
    /// often. It goes on when a worker comes or changes. Known since a worker was attached; at most
    /// 10,000 items are counted.
    pub fn parked(&self) -> Vec<Parked> {
        self.client.shared.parked()
    }

    /// Removes ended instances from now on as the policy says, in small commits. A hub that is
    /// opened with options does what they say.
    pub fn retain(&self, policy: RetentionPolicy) {
        if policy.keeps_all() {
            return;
        }
        let HubClient {
            runtime,
            store,
            shared,
            limits,
            controls,
        } = &self.client;
        let sweeper = Sweeper {
            policy,
            runtime: Arc::clone(runtime),
            store: Arc::clone(store),
            shared: Arc::clone(shared),
            limits: *limits,
            controls: controls.downgrade(),
        };
        runtime.spawn("task-hub-retention", Box::pin(sweeper.run()));
    }

    /// Removes all instances and entities, and all that waits for them, at once. Activities that
    /// run are told so, and their results are dropped; workers stay attached.
    pub async fn clear(&self) -> Result<(), ClientError> {
        let (reply, cleared) = oneshot::channel();
        // A request that was not sent is dropped, and with it the reply.
        let _ = self.client.controls.send(Control::Clear { reply }).await;
        cleared
            .await
            .unwrap_or_else(|_| Err(self.client.unavailable()))
    }

    /// Removes ended instances that a filter selects, in small commits, at most for `time`.
    pub async fn purge(
        &self,
        filter: &InstanceFilter,
        time: Duration,
    ) -> Result<Purged, ClientError> {
        self.client.purge_matching(filter, time).await
    }

    /// Stops: gives out no more work, waits for what runs, at most for `deadline`, writes the open
    /// commit, closes the store. What did not end in time is cancelled and runs again next time.
    pub async fn shutdown(&self, deadline: Duration) {
        let (reply, stopped) = oneshot::channel();
        let shutdown = Control::Shutdown { deadline, reply };
        if self.client.controls.send(shutdown).await.is_ok() {
            // An error means that the loop is gone, which is what was asked for.
            let _ = stopped.await;
        }
        // Somebody else may have shut it down before: then this waits for the same end.
        self.client.shared.until_ended().await;
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
