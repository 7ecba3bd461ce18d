//! A task that a future of the orchestrator waits for.

use std::panic::Location;
use std::task::Poll;

use super::{Handle, Outcome};

/// An open task. Dropping it means that its reply will be ignored.
#[derive(Debug)]
pub(crate) struct OpenTask {
    state: Handle,
    id: i32,
}

impl OpenTask {
    pub(crate) fn new(state: &Handle, id: i32) -> Self {
        Self {
            state: state.clone(),
            id,
        }
    }

    /// Its reply, once. `at` is the line that awaits it.
    pub(crate) fn poll(&mut self, at: &'static Location<'static>) -> Poll<Outcome> {
        self.state.borrow_mut().poll_task(self.id, at)
    }
}

impl Drop for OpenTask {
    fn drop(&mut self) {
        self.state.borrow_mut().forget_task(self.id);
    }
}
