//! How many items run, and when none does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts items.
#[derive(Debug, Default)]
pub(super) struct Running {
    count: AtomicUsize,
    none: Notify,
}

/// One item. Dropping it means that it has been answered.
#[derive(Debug)]
pub(super) struct RunningItem(Arc<Running>);

impl Running {
    pub(super) fn begin(running: &Arc<Self>) -> RunningItem {
        running.count.fetch_add(1, Ordering::SeqCst);
        RunningItem(Arc::clone(running))
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Ends when nothing runs.
    pub(super) async fn idle(&self) {
        loop {
            let mut none = std::pin::pin!(self.none.notified());
            // Registered before the count is read, so that no end is missed.
            none.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            none.await;
        }
    }
}

impl Drop for RunningItem {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none.notify_waiters();
        }
    }
}
