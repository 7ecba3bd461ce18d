//! A runtime whose time stands still until it is moved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use durable_task::{BoxFuture, LocalBoxFuture, Runtime, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::Random;

/// Tasks and lanes are real; time is a number. Whatever happens without a move of the clock happens
/// without a timer: counts that depend on timers are exact.
#[derive(Debug)]
pub struct FakeClock {
    tasks: Handle,
    elapsed: watch::Sender<Duration>,
    drawn: AtomicU64,
}

impl FakeClock {
    /// Of the tokio runtime that calls it.
    pub fn new() -> Self {
        Self {
            tasks: Handle::current(),
            elapsed: watch::Sender::new(Duration::ZERO),
            drawn: AtomicU64::new(0),
        }
    }

    /// Moves the time; sleepers whose time has come wake.
    pub fn advance(&self, by: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed += by);
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Runtime for FakeClock {
    fn now(&self) -> Timestamp {
        // Any time after 1970 will do.
        Timestamp::EPOCH.saturating_add(Duration::from_hours(24) + *self.elapsed.borrow())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut elapsed = self.elapsed.subscribe();
        let end = *self.elapsed.borrow() + duration;
        Box::pin(async move {
            if elapsed.wait_for(|now| *now >= end).await.is_err() {
                // The clock is gone: its time never comes.
                std::future::pending::<()>().await;
            }
        })
    }

    fn spawn(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        self.tasks.spawn(task);
    }

    fn spawn_lane(
        &self,
        name: String,
        task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
    ) {
        let tasks = self.tasks.clone();
        let lane = std::thread::Builder::new()
            .name(name)
            .spawn(move || tasks.block_on(task()));
        // Nobody joins it: it ends with its task.
        drop(lane);
    }

    fn random(&self) -> u128 {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut random = Random::new(drawn);
        u128::from(random.bits()) << 64 | u128::from(random.bits())
    }
}
