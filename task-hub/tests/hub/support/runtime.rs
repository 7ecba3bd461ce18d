//! A runtime whose clock moves only when a test says so.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durable_task::{BoxFuture, LocalBoxFuture, Runtime, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// 2026-01-01, a time that is easy to read in failures.
const START_TICKS: i64 = 17_672_256_000_000_000;

pub struct TestRuntime {
    handle: Handle,
    clock: Mutex<Clock>,
}

/// Counts on over all runtimes of a test: ids are unique also after a crash.
static RANDOM: AtomicU64 = AtomicU64::new(1);

struct Clock {
    now: Timestamp,
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
    next: u64,
}

impl TestRuntime {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            handle: Handle::current(),
            clock: Mutex::new(Clock {
                now: Timestamp::from_ticks(START_TICKS),
                sleepers: BTreeMap::new(),
                next: 0,
            }),
        })
    }

    /// Moves the clock and ends the sleeps that are over.
    pub fn advance(&self, duration: Duration) {
        let mut clock = self.clock.lock().unwrap();
        clock.now = clock.now.saturating_add(duration);
        let now = clock.now;
        let later = clock.sleepers.split_off(&(now, u64::MAX));
        for (_, sleeper) in std::mem::replace(&mut clock.sleepers, later) {
            let _ = sleeper.send(());
        }
    }

    /// Sets the clock back. What sleeps does so for as long as it wanted to.
    pub fn set_back(&self, duration: Duration) {
        let ticks = i64::try_from(duration.as_nanos() / 100).unwrap();
        let back = |at: Timestamp| Timestamp::from_ticks(at.ticks() - ticks);
        let mut clock = self.clock.lock().unwrap();
        clock.now = back(clock.now);
        let sleepers = std::mem::take(&mut clock.sleepers).into_iter();
        clock.sleepers = sleepers
            .map(|((at, number), sleeper)| ((back(at), number), sleeper))
            .collect();
    }

    /// Returns once so many sleep.
    pub async fn sleeping(&self, count: usize) {
        loop {
            {
                let mut clock = self.clock.lock().unwrap();
                clock.sleepers.retain(|_, sleeper| !sleeper.is_closed());
                if clock.sleepers.len() >= count {
                    return;
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Runtime for TestRuntime {
    fn now(&self) -> Timestamp {
        self.clock.lock().unwrap().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let mut clock = self.clock.lock().unwrap();
        let (wake, woken) = oneshot::channel();
        let key = (clock.now.saturating_add(duration), clock.next);
        clock.next += 1;
        clock.sleepers.insert(key, wake);
        Box::pin(async move {
            // The clock is gone: nothing ends any more.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    fn spawn(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        self.handle.spawn(task);
    }

    fn spawn_lane(
        &self,
        _name: String,
        _task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
    ) {
        unreachable!("a hub has no lanes");
    }

    fn random(&self) -> u128 {
        u128::from(RANDOM.fetch_add(1, Ordering::SeqCst))
    }
}
