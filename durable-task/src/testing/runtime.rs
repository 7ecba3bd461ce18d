//! A runtime whose clock is moved by hand.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::Timestamp;
use crate::runtime::{BoxFuture, LocalBoxFuture, Runtime};
use crate::tokio_runtime::spawn_thread;

/// 2024-01-01T00:00:00Z, in seconds since 1970.
const START_S: i64 = 1_704_067_200;

/// A runtime for tests: tasks run on tokio, lanes on threads, and time stands still until
/// [`TestRuntime::advance`] moves it. Ids are counted, not random.
///
/// ```
/// use std::time::Duration;
/// use durable_task::{Runtime, testing::TestRuntime};
///
/// # let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # tokio.block_on(async {
/// let runtime = TestRuntime::new();
/// let sleep = tokio::spawn(runtime.sleep(Duration::from_secs(60)));
/// runtime.advance(Duration::from_secs(60));
/// sleep.await.unwrap();
/// # });
/// ```
#[derive(Clone)]
pub struct TestRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle,
    clock: Mutex<Clock>,
    changed: Notify,
}

struct Clock {
    now: Timestamp,
    /// By deadline, then in the order in which they went to sleep.
    sleepers: BTreeMap<(Timestamp, u64), Option<Waker>>,
    next_sleeper: u64,
    next_random: u128,
}

impl Default for TestRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl TestRuntime {
    /// A runtime on the tokio runtime of the caller. Its clock shows 2024-01-01T00:00:00Z.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new() -> Self {
        let clock = Clock {
            now: Timestamp::EPOCH.saturating_add(Duration::from_secs(START_S.unsigned_abs())),
            sleepers: BTreeMap::new(),
            next_sleeper: 0,
            next_random: 0,
        };
        Self {
            inner: Arc::new(Inner {
                handle: Handle::current(),
                clock: Mutex::new(clock),
                changed: Notify::new(),
            }),
        }
    }

    /// Moves the clock. Whoever sleeps until then wakes up, in the order of their deadlines; each
    /// sees the clock at its own deadline or later.
    pub fn advance(&self, duration: Duration) {
        let end = self.inner.clock().now.saturating_add(duration);
        loop {
            let waker = {
                let mut clock = self.inner.clock();
                let next = clock.sleepers.first_entry();
                let Some(next) = next.filter(|next| next.key().0 <= end) else {
                    clock.now = clock.now.max(end);
                    break;
                };
                let ((deadline, _), waker) = next.remove_entry();
                clock.now = clock.now.max(deadline);
                waker
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        self.inner.changed.notify_waiters();
    }

    /// Sets the wall clock, also back. Sleepers don't notice.
    pub fn jump_to(&self, time: Timestamp) {
        let mut clock = self.inner.clock();
        let forward = time.saturating_since(clock.now);
        let back = clock.now.saturating_since(time);
        let sleepers = std::mem::take(&mut clock.sleepers);
        clock.sleepers = sleepers
            .into_iter()
            .map(|((deadline, number), waker)| {
                let moved = deadline.ticks() + ticks(forward) - ticks(back);
                ((Timestamp::from_ticks(moved), number), waker)
            })
            .collect();
        clock.now = time;
    }

    /// How many sleep.
    pub fn sleepers(&self) -> usize {
        self.inner.clock().sleepers.len()
    }

    /// When the next sleeper wakes up.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let clock = self.inner.clock();
        clock.sleepers.keys().next().map(|(deadline, _)| *deadline)
    }

    /// Waits (in real time) until at least `count` sleep.
    pub async fn until_sleeping(&self, count: usize) {
        loop {
            let mut changed = std::pin::pin!(self.inner.changed.notified());
            changed.as_mut().enable();
            if self.sleepers() >= count {
                return;
            }
            changed.await;
        }
    }
}

fn ticks(duration: Duration) -> i64 {
    Timestamp::EPOCH.saturating_add(duration).ticks()
}

impl Inner {
    fn clock(&self) -> MutexGuard<'_, Clock> {
        // Nothing panics while it holds the lock.
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runtime for TestRuntime {
    fn now(&self) -> Timestamp {
        self.inner.clock().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let number = {
            let mut clock = self.inner.clock();
            clock.next_sleeper += 1;
            let key = (clock.now.saturating_add(duration), clock.next_sleeper);
            if !duration.is_zero() {
                clock.sleepers.insert(key, None);
            }
            clock.next_sleeper
        };
        self.inner.changed.notify_waiters();
        Box::pin(TestSleep {
            inner: Arc::clone(&self.inner),
            number,
        })
    }

    fn spawn(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        self.inner.handle.spawn(task);
    }

    fn spawn_lane(
        &self,
        name: String,
        task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
    ) {
        spawn_thread(name, task);
    }

    fn random(&self) -> u128 {
        let mut clock = self.inner.clock();
        clock.next_random += 1;
        // An odd multiplier: no two of the 2^128 numbers are the same.
        clock
            .next_random
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}

impl fmt::Debug for TestRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRuntime")
            .field("now", &self.now())
            .field("sleepers", &self.sleepers())
            .finish()
    }
}

/// Ends when its entry is gone.
struct TestSleep {
    inner: Arc<Inner>,
    number: u64,
}

impl TestSleep {
    fn entry<'a>(&self, clock: &'a mut Clock) -> Option<(Timestamp, &'a mut Option<Waker>)> {
        let mut all = clock.sleepers.iter_mut();
        let ((deadline, _), waker) = all.find(|((_, number), _)| *number == self.number)?;
        Some((*deadline, waker))
    }
}

impl Future for TestSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.entry(&mut self.inner.clock()) {
            None => Poll::Ready(()),
            Some((_, waker)) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for TestSleep {
    fn drop(&mut self) {
        let mut clock = self.inner.clock();
        if let Some((deadline, _)) = self.entry(&mut clock) {
            clock.sleepers.remove(&(deadline, self.number));
        }
    }
}
