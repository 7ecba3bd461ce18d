//! Where worker and engine get time, tasks and randomness from.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::Timestamp;

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A future that stays on its thread.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Time, tasks and randomness. Worker and engine loops take them from here and nowhere else, so
/// that a simulator can own all three.
pub trait Runtime: Send + Sync + 'static {
    /// The wall clock. It may jump.
    fn now(&self) -> Timestamp;
    /// Ends `duration` from now, by a clock that does not jump.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
    /// Runs a task to its end in the background.
    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>);
    /// Runs a task that often ends without waiting for anything, as an activity does.
    fn spawn_work(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.spawn(name, task);
    }
    /// Runs the loop of an engine, which is woken from many threads. A thread that
    /// [hosts](Self::host) may poll it.
    fn spawn_loop(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.spawn(name, task);
    }
    /// Calls `wake`; where `wake` wakes a loop that sleeps, the calling thread may poll it once or
    /// twice before this returns, instead of waking a thread for it. The caller has nothing else to
    /// do, holds no locks, and may be blocked for a while.
    fn host(&self, wake: Box<dyn FnOnce() + '_>) {
        wake();
    }
    /// Whether the caller may block its thread for a sync of a disk: it is polled by one that
    /// hosts.
    fn may_block(&self) -> bool {
        false
    }
    /// Runs a task that is not `Send` on a thread of its own (the lanes of a worker).
    fn spawn_lane(
        &self,
        name: String,
        task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
    );
    /// 128 random bits, for ids.
    fn random(&self) -> u128;
}
