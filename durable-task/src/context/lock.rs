//! Critical sections: locks on entities.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::episode::{Handle, LockSet, OpenTask};
use crate::{EntityId, OrchestrationError};

use super::OrchestrationContext;

impl OrchestrationContext {
    /// Locks entities when awaited: nobody else runs operations on them until the guard is
    /// released or dropped, or the orchestration ends.
    ///
    /// Entities are locked in one order everywhere, so that orchestrations can't deadlock. Inside
    /// the critical section nothing more can be locked, no sub-orchestration started, no other
    /// entity called and no locked entity signalled.
    #[track_caller]
    pub fn lock(&self, entities: &[EntityId]) -> LockRequest {
        LockRequest {
            state: self.state.clone(),
            set: LockSet::new(entities),
            requested: None,
            at: Location::caller(),
        }
    }
}

/// A lock to be granted. Made by [`OrchestrationContext::lock`].
///
/// A request that is dropped is still granted some time, and then released at once.
#[must_use = "a lock is requested when it is awaited"]
#[derive(Debug)]
pub struct LockRequest {
    state: Handle,
    set: Option<LockSet>,
    requested: Option<(OpenTask, String)>,
    at: &'static Location<'static>,
}

impl LockRequest {
    fn begin(&mut self) -> Result<(OpenTask, String), OrchestrationError> {
        let set = self.set.take().ok_or_else(|| {
            OrchestrationError::NotAllowed(String::from("there is no entity to lock"))
        })?;
        let (id, section) = self.state.borrow_mut().request_lock(set, self.at)?;
        Ok((OpenTask::new(&self.state, id), section))
    }
}

impl Future for LockRequest {
    type Output = Result<LockGuard, OrchestrationError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut task, section) = match self.requested.take() {
            Some(requested) => requested,
            None => self.begin()?,
        };
        match task.poll(self.at) {
            Poll::Pending => {
                self.requested = Some((task, section));
                Poll::Pending
            }
            Poll::Ready(_) => Poll::Ready(Ok(LockGuard {
                state: self.state.clone(),
                section,
                at: self.at,
            })),
        }
    }
}

impl Drop for LockRequest {
    fn drop(&mut self) {
        if let Some((_, section)) = &self.requested {
            self.state.borrow_mut().abandon_lock(section, self.at);
        }
    }
}

/// An open critical section. Dropping it releases its entities.
#[derive(Debug)]
pub struct LockGuard {
    state: Handle,
    section: String,
    at: &'static Location<'static>,
}

impl LockGuard {
    /// Leaves the critical section.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        self.state.borrow_mut().leave(&self.section, self.at);
    }
}
