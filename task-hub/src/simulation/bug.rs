//! Deliberate bugs, to show that the simulator finds bugs of their kind.

use std::cell::Cell;
use std::fmt;

/// A deliberate bug. A build without the feature `simulation` has none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bug {
    /// The store says that a commit is durable before it is.
    AckBeforeDurable,
    /// The loop answers clients when a commit is closed, not when it is durable.
    AnswerBeforeDurable,
    /// The loop starts activities when their commit is closed, not when it is durable.
    ActivityBeforeDurable,
    /// Workers elsewhere get what is not durable.
    RemoteBeforeDurable,
    /// A client is told at once what it can't have, because of something that is not durable.
    RefusedAhead,
    /// A crash takes a message that was durable.
    MessageLost,
    /// The loop does not write a message.
    MessageNotStored,
    /// The loop tells a client that its event was taken, and drops it.
    EventNotTaken,
    /// The loop leaves a message that was taken in to the store; it is taken in again later.
    MessageAppliedTwice,
    /// An entity's operation changes the state, and waits all the same.
    OperationAppliedTwice,
    /// The store loses the first row of a history with a later commit.
    HistoryTruncated,
    /// The loop does not write a row of a history.
    HistoryForgotten,
    /// An instance that ends gets two terminal events.
    SecondEnd,
    /// The operations of a batch run in another order.
    OperationsReordered,
    /// A lock is granted while somebody holds it.
    LockGrantedTwice,
    /// An instance that ends keeps its locks.
    LockNotReleased,
    /// The store shows clients what is not durable yet.
    ReadAhead,
    /// A timer fires before it is due.
    TimerEarly,
    /// The loop drops the result of an activity.
    AnswerLost,
    /// The loop leaves an activity open whose result is committed: it is started again.
    FinishedAgain,
    /// More of one name runs than may.
    LimitIgnored,
    /// What has ended is swept away at once.
    SweptEarly,
    /// A page of a listing leaves out an item.
    PageSkips,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::AckBeforeDurable,
        Self::AnswerBeforeDurable,
        Self::ActivityBeforeDurable,
        Self::RemoteBeforeDurable,
        Self::RefusedAhead,
        Self::MessageLost,
        Self::MessageNotStored,
        Self::EventNotTaken,
        Self::MessageAppliedTwice,
        Self::OperationAppliedTwice,
        Self::HistoryTruncated,
        Self::HistoryForgotten,
        Self::SecondEnd,
        Self::OperationsReordered,
        Self::LockGrantedTwice,
        Self::LockNotReleased,
        Self::ReadAhead,
        Self::TimerEarly,
        Self::AnswerLost,
        Self::FinishedAgain,
        Self::LimitIgnored,
        Self::SweptEarly,
        Self::PageSkips,
    ];
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// How often work is given back in a simulation before it is parked: a simulation is short.
pub(crate) const GIVEN_BACK_MAX: u32 = 4;

thread_local! {
    /// A simulation runs on one thread.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static PRESENT: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Whether the simulation on this thread has this bug.
pub(crate) fn has(bug: Bug) -> bool {
    PRESENT.get() == Some(bug)
}

/// Whether a simulation runs on this thread.
pub(crate) fn is_running() -> bool {
    RUNNING.get()
}

/// A simulation begins on this thread, with a bug or with none.
pub(super) fn begin(bug: Option<Bug>) {
    RUNNING.set(true);
    PRESENT.set(bug);
}

/// It is over.
pub(super) fn end() {
    RUNNING.set(false);
    PRESENT.set(None);
}
