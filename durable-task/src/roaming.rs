//! A task of tokio that a thread which wakes it may poll itself.
//!
//! Waking a thread that sleeps costs more than most of what an engine's loop does once it is awake.
//! A thread that has nothing to do after it has woken the loop takes the loop's work over instead.

use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use tokio::runtime::Handle;

use crate::runtime::BoxFuture;

/// How often a thread that hosts polls what it has woken. The second time takes in what the first
/// one led to: an activity that does little has often ended by then, and to send the loop home for
/// it wakes two threads.
const HOSTED_POLLS_MAX: usize = 2;

/// Nothing to do.
const IDLE: u8 = 0;
/// Its task of tokio is to poll it.
const AT_HOME: u8 = 1;
/// The thread that woke it is to poll it.
const AWAY: u8 = 2;
/// It is polled.
const POLLED: u8 = 3;
/// It was woken while it is polled.
const POLLED_AND_WOKEN: u8 = 4;
/// It has ended.
const ENDED: u8 = 5;

thread_local! {
    /// What this thread has woken, while it hosts.
    static HOST: RefCell<Host> = const { RefCell::new(Host::No) };
}

enum Host {
    No,
    Yes(Option<Arc<Roaming>>),
}

struct Roaming {
    state: AtomicU8,
    /// Gone when it has ended, or when its task of tokio was dropped.
    future: Mutex<Option<BoxFuture<'static, ()>>>,
    /// Its task of tokio.
    home: AtomicWaker,
    /// Time and tasks come from there, wherever it is polled.
    handle: Handle,
}

/// Runs a task to its end on tokio, or on threads that host it.
pub(crate) fn spawn(handle: &Handle, future: BoxFuture<'static, ()>) {
    let roaming = Arc::new(Roaming {
        state: AtomicU8::new(AT_HOME),
        future: Mutex::new(Some(future)),
        home: AtomicWaker::new(),
        handle: handle.clone(),
    });
    let owner = Owner(roaming);
    handle.spawn(async move { poll_fn(|context| owner.poll(context)).await });
}

/// Calls `wake`. What roams and is woken by it is then polled here.
pub(crate) fn host(wake: impl FnOnce()) {
    if is_hosting() {
        return wake();
    }
    HOST.set(Host::Yes(None));
    let _hosting = Hosting;
    wake();
    if let Some(roaming) = take_woken() {
        roaming.visit();
    }
}

/// What this thread has woken and not polled yet.
fn take_woken() -> Option<Arc<Roaming>> {
    HOST.with_borrow_mut(|host| match host {
        Host::Yes(woken) => woken.take(),
        Host::No => None,
    })
}

/// Whether this thread hosts.
pub(crate) fn is_hosting() -> bool {
    HOST.with_borrow(|host| matches!(host, Host::Yes(_)))
}

/// While it lives, this thread hosts. What was woken and is not polled here goes on at home.
struct Hosting;

impl Drop for Hosting {
    fn drop(&mut self) {
        let woken = take_woken();
        HOST.set(Host::No);
        if let Some(roaming) = woken {
            roaming.send_home();
        }
    }
}

impl Roaming {
    fn future(&self) -> MutexGuard<'_, Option<BoxFuture<'static, ()>>> {
        self.future.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls it on a thread that hosts it.
    fn visit(self: &Arc<Self>) {
        let woken = (0..HOSTED_POLLS_MAX).all(|_| self.run());
        if woken {
            self.send_home();
        }
    }

    /// Polls it. Returns whether it was woken meanwhile, so that it has to be polled again. Only
    /// whoever has to poll it calls this.
    fn run(self: &Arc<Self>) -> bool {
        self.state.store(POLLED, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(self));
        let entered = self.handle.enter();
        let mut future = self.future();
        let polled = future.as_mut().map(|future| {
            let mut context = Context::from_waker(&waker);
            catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)))
        });
        if let Some(Ok(Poll::Pending)) = polled {
            drop((future, entered));
            self.state
                .compare_exchange(POLLED, IDLE, Ordering::SeqCst, Ordering::SeqCst)
                .is_err()
        } else {
            // Dropped while time and tasks still come from there.
            let ended = catch_unwind(AssertUnwindSafe(|| *future = None));
            drop((ended, future, entered));
            self.state.store(ENDED, Ordering::SeqCst);
            self.home.wake();
            false
        }
    }

    /// Its task of tokio goes on with it.
    fn send_home(&self) {
        self.state.store(AT_HOME, Ordering::SeqCst);
        self.home.wake();
    }

    /// Leaves it to this thread, if that hosts and has nothing else to poll.
    fn stay(self: &Arc<Self>) -> bool {
        HOST.with_borrow_mut(|host| match host {
            Host::Yes(woken) if woken.is_none() => {
                *woken = Some(Arc::clone(self));
                true
            }
            _ => false,
        })
    }
}

impl Wake for Roaming {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let woken =
            self.state
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| match state {
                    IDLE => Some(AWAY),
                    POLLED => Some(POLLED_AND_WOKEN),
                    _ => None,
                });
        if woken == Ok(IDLE) && !self.stay() {
            self.send_home();
        }
    }
}

/// The task of tokio. When it is dropped, with its runtime, what roams is dropped.
struct Owner(Arc<Roaming>);

impl Owner {
    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        self.0.home.register(context.waker());
        if self.0.state.load(Ordering::SeqCst) == AT_HOME && self.0.run() {
            self.0.send_home();
        }
        match self.0.state.load(Ordering::SeqCst) {
            ENDED => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Whoever polls it ends first.
        let future = self.0.future().take();
        drop(future);
    }
}
