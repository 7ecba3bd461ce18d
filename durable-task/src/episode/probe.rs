//! The waker that proves a foreign await.
//!
//! Durable futures never clone the waker and never wake it: events do. So whoever holds another
//! reference after a poll, or woke the waker during the poll, is not a durable future.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// References to the flag when nobody but us holds one: ours and our waker's.
const OWN_REFERENCES: usize = 2;

pub(super) struct Probe {
    flag: Arc<Woken>,
    waker: Waker,
}

impl Probe {
    pub(super) fn new() -> Self {
        let flag = Arc::new(Woken(AtomicBool::new(false)));
        Self {
            waker: Waker::from(Arc::clone(&flag)),
            flag,
        }
    }

    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Whether the polls so far have met anything but durable futures.
    pub(super) fn has_foreign_await(&self) -> bool {
        Arc::strong_count(&self.flag) > OWN_REFERENCES || self.flag.0.load(Ordering::Acquire)
    }
}
