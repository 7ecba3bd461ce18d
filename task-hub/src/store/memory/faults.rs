use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::store::StoreError;

/// How a commit goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written, and the engine is told so.
    Refused,
    /// It is durable, but the engine is told that it failed.
    Unanswered,
}

/// Makes the commits of a memory store wait or fail.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Plan {
    held: bool,
    /// How many commits go through before they are held.
    passing: Option<usize>,
    waiting: usize,
    next: VecDeque<Fault>,
    opens_refused: usize,
    panics: bool,
}

impl Faults {
    /// From now on commits wait, not durable, until [`release`](Self::release).
    pub fn hold(&self) {
        self.plan().held = true;
    }

    /// Lets so many commits through, and holds those after them.
    pub fn hold_after(&self, commits: usize) {
        self.plan().passing = Some(commits);
    }

    /// Lets waiting commits go on, and does not hold further ones.
    pub fn release(&self) {
        self.plan().held = false;
        self.changed.notify_waiters();
    }

    /// The next commits fail like this, in this order.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.plan().next.extend(faults);
    }

    /// The next `times` attempts to open fail.
    pub fn refuse_open(&self, times: usize) {
        self.plan().opens_refused = times;
    }

    /// The next commit panics, as by a fault in the program: the hub fails for good.
    pub fn panic(&self) {
        self.plan().panics = true;
    }

    /// Returns once a commit waits.
    pub async fn commit_is_held(&self) {
        self.until(|plan| plan.waiting > 0).await;
    }

    pub(super) fn before_open(&self) -> Result<(), StoreError> {
        let mut plan = self.plan();
        match plan.opens_refused.checked_sub(1) {
            Some(left) => {
                plan.opens_refused = left;
                Err(Self::error("open"))
            }
            None => Ok(()),
        }
    }

    pub(super) async fn before_commit(&self) -> Option<Fault> {
        self.plan().begin();
        self.changed.notify_waiters();
        let waiting = Waiting(self);
        self.until(|plan| !plan.held).await;
        drop(waiting);
        let panics = std::mem::take(&mut self.plan().panics);
        // Only a test that asked for it gets here.
        assert!(!panics, "injected panic");
        self.plan().next.pop_front()
    }

    pub(super) fn error(operation: &'static str) -> StoreError {
        StoreError::Unavailable {
            operation,
            reason: String::from("injected"),
        }
    }

    async fn until(&self, reached: impl Fn(&Plan) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if reached(&self.plan()) {
                return;
            }
            changed.await;
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// One more commit is to be made.
    fn begin(&mut self) {
        self.waiting += 1;
        self.passing = match self.passing {
            Some(0) => {
                self.held = true;
                None
            }
            passing => passing.map(|left| left - 1),
        };
    }
}

struct Waiting<'a>(&'a Faults);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.plan().waiting -= 1;
    }
}
