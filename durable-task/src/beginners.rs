//! Threads that begin tasks of tokio.
//!
//! Most activities end without waiting for anything. To spawn one wakes two threads of tokio, the
//! second one in vain, and each wake costs more than the activity. Here one plain thread is woken,
//! which polls it once; what waits for something then goes to tokio.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::thread;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::roaming;
use crate::runtime::BoxFuture;

/// As many threads as tokio itself has, which come when they are needed and end when this is
/// dropped. What runs on them may block them as it may those of tokio: then the others go on.
pub(crate) struct Beginners {
    line: Arc<Line>,
    threads_max: usize,
    handle: Handle,
}

/// Tasks that wait for a thread. Without a bound of its own: an engine hands over no more than the
/// profile of a worker allows.
#[derive(Default)]
struct Line {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<BoxFuture<'static, ()>>,
    threads: usize,
    /// Threads that wait for a task, also those that one was put in for.
    idle: usize,
    closed: bool,
}

impl Beginners {
    pub(crate) fn new(handle: Handle) -> Self {
        // On a runtime of one thread tasks share that thread, and its clock may be a test's.
        let threads_max = match handle.runtime_flavor() {
            RuntimeFlavor::CurrentThread => 0,
            _ => handle.metrics().num_workers(),
        };
        Self {
            line: Arc::default(),
            threads_max,
            handle,
        }
    }

    /// Begins a task on one of the threads, or leaves it to tokio if there is none.
    pub(crate) fn begin(&self, task: BoxFuture<'static, ()>) {
        let mut state = self.line.state();
        if state.tasks.len() >= state.idle && state.threads < self.threads_max {
            state.threads += usize::from(self.start_thread());
        }
        if state.threads == 0 {
            drop(state);
            self.handle.spawn(task);
            return;
        }
        state.tasks.push_back(task);
        drop(state);
        self.line.more.notify_one();
    }

    fn start_thread(&self) -> bool {
        let (line, handle) = (Arc::clone(&self.line), self.handle.clone());
        let started = thread::Builder::new()
            .name(String::from("begin"))
            .spawn(move || {
                while let Some(task) = line.next() {
                    begin(task, &handle);
                }
            });
        if let Err(error) = &started {
            tracing::warn!("a thread can't be started: {error}");
        }
        started.is_ok()
    }
}

impl Drop for Beginners {
    fn drop(&mut self) {
        self.line.state().closed = true;
        self.line.more.notify_all();
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next task; `None` when no more can come.
    fn next(&self) -> Option<BoxFuture<'static, ()>> {
        let mut state = self.state();
        loop {
            if let Some(task) = state.tasks.pop_front() {
                return Some(task);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            let woken = self.more.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

/// Polls a task once, with time and tasks of tokio. What it wakes may be polled here, too.
fn begin(mut task: BoxFuture<'static, ()>, handle: &Handle) {
    let _entered = handle.enter();
    roaming::host(|| {
        // Nobody is to wake this thread: a task that waits is polled again by tokio.
        let mut context = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(&mut context)));
        match polled {
            Ok(polled) if polled.is_pending() => {
                handle.spawn(task);
            }
            // What it holds may panic, too, when it is dropped.
            ended => {
                let dropped = catch_unwind(AssertUnwindSafe(|| drop(task)));
                if ended.is_err() || dropped.is_err() {
                    tracing::error!("a task panicked when it was begun");
                }
            }
        }
    });
}
