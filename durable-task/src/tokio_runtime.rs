//! The runtime of programs that run on tokio.

use std::fmt;
use std::future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use crate::Timestamp;
use crate::beginners::Beginners;
use crate::roaming;
use crate::runtime::{BoxFuture, LocalBoxFuture, Runtime};

/// Time and tasks from tokio; lanes are threads of their own, and so are those that begin
/// activities.
#[derive(Clone)]
pub struct TokioRuntime {
    handle: Handle,
    beginners: Arc<Beginners>,
}

impl TokioRuntime {
    /// Uses that tokio runtime.
    pub fn new(handle: Handle) -> Self {
        let beginners = Arc::new(Beginners::new(handle.clone()));
        Self { handle, beginners }
    }

    /// Uses the tokio runtime that the caller runs on; `None` outside of one.
    pub fn current() -> Option<Self> {
        Handle::try_current().ok().map(Self::new)
    }
}

impl Runtime for TokioRuntime {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if Handle::try_current().is_ok() {
            return Box::pin(tokio::time::sleep(duration));
        }
        // A thread of its own may outlive the tokio runtime, and a tokio timer that is polled then
        // panics. A task ends with its runtime: nobody waits for that time any more.
        let task = self
            .handle
            .spawn(async move { tokio::time::sleep(duration).await });
        let task = AbortOnDropHandle::new(task);
        Box::pin(async move {
            if task.await.is_err() {
                future::pending::<()>().await;
            }
        })
    }

    fn spawn(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        self.handle.spawn(task);
    }

    fn spawn_work(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        self.beginners.begin(task);
    }

    fn spawn_loop(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        roaming::spawn(&self.handle, task);
    }

    fn host(&self, wake: Box<dyn FnOnce() + '_>) {
        roaming::host(wake);
    }

    fn may_block(&self) -> bool {
        roaming::is_hosting()
    }

    fn spawn_lane(
        &self,
        name: String,
        task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
    ) {
        spawn_thread(name, task);
    }

    fn random(&self) -> u128 {
        uuid::Uuid::new_v4().as_u128()
    }
}

impl fmt::Debug for TokioRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokioRuntime")
    }
}

/// Runs a future on a thread of its own.
pub(crate) fn spawn_thread(
    name: String,
    task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
) {
    let spawned = thread::Builder::new()
        .name(name)
        .spawn(move || block_on(task()));
    if let Err(error) = spawned {
        // The task is dropped, and with it the receiver of its work: what is sent comes back.
        tracing::error!("a thread can't be started: {error}");
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls a future on this thread; sleeps while it waits.
fn block_on(future: LocalBoxFuture<'static, ()>) {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    while future.as_mut().poll(&mut context).is_pending() {
        thread::park();
    }
}
