//! What the loop and its clients share.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use durable_task::InstanceId;
use tokio::sync::Notify;

use super::parked::{Parked, ParkedItems};

/// Whether a hub takes writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HubHealth {
    /// It does.
    #[default]
    Healthy,
    /// Its store fails: writes are refused, reads are served. It goes on trying.
    Failing {
        /// What the store said last.
        reason: String,
        /// How many commits or attempts to open have failed in a row.
        failures: u32,
    },
    /// It has been shut down.
    Stopped,
    /// It has ended by a fault in itself; its store is closed. What is durable goes on when the hub
    /// is opened again.
    Failed {
        /// What went wrong.
        reason: String,
    },
}

/// Counters since the hub was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct HubStats {
    /// Commits that became durable; each is one transaction of the store and one disk sync.
    pub commits: u64,
    /// Commits that failed.
    pub commits_failed: u64,
    /// Episodes of orchestrations that were applied.
    pub episodes: u64,
    /// Batches of entity operations that were applied.
    pub entity_batches: u64,
    /// Activities handed to a worker.
    pub activities_started: u64,
    /// Instances and entities read from the store.
    pub instances_loaded: u64,
    /// Histories read from the store for a worker without the session.
    pub histories_loaded: u64,
    /// Messages that were dropped: for what has ended, for other executions, replies to closed
    /// tasks.
    pub messages_dropped: u64,
    /// Instances and entities in memory now.
    pub instances_in_memory: u64,
    /// How often work began to wait because of a limit for its name.
    pub name_limits_hit: u64,
    /// Callers that wait for an instance now.
    pub waiting: u64,
    /// Items that are parked now; [`Hub::parked`](crate::Hub::parked) says why.
    pub parked: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) commits_failed: AtomicU64,
    pub(super) episodes: AtomicU64,
    pub(super) entity_batches: AtomicU64,
    pub(super) activities_started: AtomicU64,
    pub(super) instances_loaded: AtomicU64,
    pub(super) histories_loaded: AtomicU64,
    pub(super) messages_dropped: AtomicU64,
    pub(super) instances_in_memory: AtomicU64,
    pub(super) name_limits_hit: AtomicU64,
}

impl Counters {
    pub(super) fn in_memory(&self, count: usize) {
        self.instances_in_memory
            .store(count as u64, Ordering::Relaxed);
    }

    fn read(&self) -> HubStats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        HubStats {
            commits: of(&self.commits),
            commits_failed: of(&self.commits_failed),
            episodes: of(&self.episodes),
            entity_batches: of(&self.entity_batches),
            activities_started: of(&self.activities_started),
            instances_loaded: of(&self.instances_loaded),
            histories_loaded: of(&self.histories_loaded),
            messages_dropped: of(&self.messages_dropped),
            instances_in_memory: of(&self.instances_in_memory),
            name_limits_hit: of(&self.name_limits_hit),
            waiting: 0,
            parked: 0,
        }
    }
}

/// Adds one.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What the loop and its clients share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(super) counters: Counters,
    pub(super) parked: ParkedItems,
    health: Mutex<HubHealth>,
    health_changed: Notify,
    /// In order: all are told in the same order whenever a run is repeated.
    waiters: Mutex<BTreeMap<InstanceId, Waiter>>,
    /// Instances that can't be read, and why; at most [`UNREADABLE_MAX`].
    unreadable: Mutex<HashMap<InstanceId, String>>,
}

/// How many damaged instances are remembered for those that wait for them.
const UNREADABLE_MAX: usize = 1_024;

#[derive(Debug, Default)]
struct Waiter {
    changed: Arc<Notify>,
    touched: Arc<Notify>,
    count: usize,
}

impl Waiter {
    fn tell(&self) {
        self.changed.notify_waiters();
        self.touched.notify_waiters();
    }
}

impl Shared {
    pub(crate) fn stats(&self) -> HubStats {
        let waiters = lock(&self.waiters);
        let waiting = waiters.values().map(|waiter| waiter.count as u64).sum();
        drop(waiters);
        HubStats {
            waiting,
            parked: self.parked.len() as u64,
            ..self.counters.read()
        }
    }

    /// What waits for a worker to come.
    pub(crate) fn parked(&self) -> Vec<Parked> {
        self.parked.list()
    }

    pub(crate) fn health(&self) -> HubHealth {
        lock(&self.health).clone()
    }

    /// Whether nothing goes on any more.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(
            *lock(&self.health),
            HubHealth::Stopped | HubHealth::Failed { .. }
        )
    }

    pub(super) fn set_health(&self, health: HubHealth) {
        *lock(&self.health) = health;
        self.health_changed.notify_waiters();
    }

    /// Returns once nothing goes on any more.
    pub(crate) async fn until_ended(&self) {
        loop {
            let mut changed = std::pin::pin!(self.health_changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            if self.has_ended() {
                return;
            }
            changed.await;
        }
    }

    /// Asks to be told when something about the instance becomes durable.
    pub(crate) fn watch(self: &Arc<Self>, id: &InstanceId) -> Watch {
        let mut waiters = lock(&self.waiters);
        let waiter = waiters.entry(id.clone()).or_default();
        waiter.count += 1;
        Watch {
            changed: Arc::clone(&waiter.changed),
            touched: Arc::clone(&waiter.touched),
            id: id.clone(),
            shared: Arc::clone(self),
        }
    }

    /// Remembers that the instance can't be read, and tells those that watch it.
    pub(super) fn is_unreadable(&self, id: &InstanceId, reason: String) {
        let mut unreadable = lock(&self.unreadable);
        if unreadable.len() < UNREADABLE_MAX || unreadable.contains_key(id) {
            unreadable.insert(id.clone(), reason);
        }
        drop(unreadable);
        self.notify(id);
    }

    /// Forgets that the instance could not be read.
    pub(super) fn is_readable(&self, id: &InstanceId) {
        lock(&self.unreadable).remove(id);
    }

    /// Forgets that any instance could not be read.
    pub(super) fn forget_unreadable(&self) {
        lock(&self.unreadable).clear();
    }

    /// Why the instance can't be read.
    pub(super) fn why_unreadable(&self, id: &InstanceId) -> Option<String> {
        lock(&self.unreadable).get(id).cloned()
    }

    /// Tells those that watch the instance.
    pub(super) fn notify(&self, id: &InstanceId) {
        if let Some(waiter) = lock(&self.waiters).get(id) {
            waiter.tell();
        }
    }

    /// Tells those that watch them that something about these instances has become durable.
    pub(super) fn touched(&self, ids: &[InstanceId]) {
        let waiters = lock(&self.waiters);
        if waiters.is_empty() {
            return;
        }
        for waiter in ids.iter().filter_map(|id| waiters.get(id)) {
            waiter.touched.notify_waiters();
        }
    }

    /// Tells all.
    pub(super) fn notify_all(&self) {
        for waiter in lock(&self.waiters).values() {
            waiter.tell();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can panic half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in the list of those that are told.
pub(crate) struct Watch {
    /// Its status has changed.
    pub(crate) changed: Arc<Notify>,
    /// Anything about it has become durable.
    pub(crate) touched: Arc<Notify>,
    id: InstanceId,
    shared: Arc<Shared>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut waiters = lock(&self.shared.waiters);
        if let Some(waiter) = waiters.get_mut(&self.id) {
            waiter.count -= 1;
            if waiter.count == 0 {
                waiters.remove(&self.id);
            }
        }
    }
}
