//! The clock of a run in memory: it moves when nothing else does.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::workflow::superstep::RequestId;

/// What happens at a time.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Due {
    /// A task is tried again.
    Retry { run: usize, position: usize },
    /// The time for an answer is over.
    Expire { run: usize, request: RequestId },
    /// The time for a run is over.
    End { run: usize },
}

/// What is to happen, by time and then in the order in which it was set.
#[derive(Debug, Default)]
pub(super) struct Timers {
    now: Duration,
    set: u64,
    due: BTreeMap<(Duration, u64), Due>,
}

impl Timers {
    pub(super) fn now(&self) -> Duration {
        self.now
    }

    pub(super) fn set(&mut self, after: Duration, due: Due) {
        self.due
            .insert((self.now.saturating_add(after), self.set), due);
        self.set += 1;
    }

    /// Moves the clock to what is next, if that is not after `until` or is a mere pause.
    pub(super) fn next(&mut self, until: Duration) -> Option<Due> {
        let first = self.due.first_entry()?;
        let (at, _) = *first.key();
        if at > until && !matches!(first.get(), Due::Retry { .. }) {
            return None;
        }
        self.now = self.now.max(at);
        Some(first.remove())
    }

    /// Nothing is due before `until`.
    pub(super) fn pass(&mut self, until: Duration) {
        if until != Duration::MAX {
            self.now = self.now.max(until);
        }
    }
}
