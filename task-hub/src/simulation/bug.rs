//! Deliberate bugs, to show that the simulator finds bugs of their kind.

use std::cell::Cell;
use std::fmt;

/// A deliberate bug. A build without the feature `simulation` has none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bug {
    /// The store says that a commit is durable before it is.
    AckBeforeDurable,
    /// The loop releases the effects of a commit when it is closed, not when it is durable.
    EffectsBeforeDurable,
    /// A crash takes a message that was durable.
    MessageLost,
    /// A client is told that its event was taken, but nobody has it.
    EventNotTaken,
    /// A message that was taken in stays in the store, and is taken in again later.
    MessageAppliedTwice,
    /// An entity's batch runs twice, and the second state counts.
    OperationAppliedTwice,
    /// A history loses its first row with a later commit.
    HistoryTruncated,
    /// An instance that has ended gets a second terminal event.
    SecondEnd,
    /// The operations of a batch run in another order.
    OperationsReordered,
    /// A lock is granted while somebody holds it.
    LockGrantedTwice,
    /// An instance that ends keeps its locks.
    LockNotReleased,
    /// Clients read what is not durable yet.
    ReadAhead,
    /// A timer fires before it is due.
    TimerEarly,
    /// The answer to a work item gets lost, and nobody tries again.
    AnswerLost,
    /// An activity whose result is committed is started again.
    FinishedAgain,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::AckBeforeDurable,
        Self::EffectsBeforeDurable,
        Self::MessageLost,
        Self::EventNotTaken,
        Self::MessageAppliedTwice,
        Self::OperationAppliedTwice,
        Self::HistoryTruncated,
        Self::SecondEnd,
        Self::OperationsReordered,
        Self::LockGrantedTwice,
        Self::LockNotReleased,
        Self::ReadAhead,
        Self::TimerEarly,
        Self::AnswerLost,
        Self::FinishedAgain,
    ];
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

thread_local! {
    /// A simulation runs on one thread.
    static PRESENT: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Whether the simulation on this thread has this bug.
pub(crate) fn has(bug: Bug) -> bool {
    PRESENT.get() == Some(bug)
}

/// Puts a bug, or none, into the simulations that run on this thread.
pub(super) fn set(bug: Option<Bug>) {
    PRESENT.set(bug);
}
