//! How often what has happened to the nodes of a run.

use crate::workflow::superstep::{Event, EventKind};
use crate::workflow::{NodeRun, NodeState};

/// How often what has happened to a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Runs of it that have begun, and requests that it has asked.
    pub(super) begun: u32,
    /// Those that have ended well.
    completed: u32,
    /// Those that have failed, and requests that expired without a default.
    failed: u32,
    /// Requests that wait for an answer.
    waiting: u32,
}

impl Tally {
    pub(super) fn note(&mut self, event: &Event) {
        match event.kind {
            EventKind::ExecutorInvoked => self.begun += 1,
            EventKind::ExecutorCompleted => self.completed += 1,
            EventKind::ExecutorFailed => self.failed += 1,
            EventKind::RequestInfo => {
                self.begun += 1;
                self.waiting += 1;
            }
            EventKind::RequestAnswered | EventKind::RequestCancelled => {
                self.waiting = self.waiting.saturating_sub(1);
                self.completed += 1;
            }
            EventKind::RequestExpired => {
                self.waiting = self.waiting.saturating_sub(1);
                // The data is the default that counts as the answer.
                match &event.data {
                    Some(_) => self.completed += 1,
                    None => self.failed += 1,
                }
            }
            _ => {}
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.begun += other.begun;
        self.completed += other.completed;
        self.failed += other.failed;
        self.waiting += other.waiting;
    }

    pub(super) fn run(self) -> NodeRun {
        let state = if self.failed > 0 {
            NodeState::Failed
        } else if self.waiting > 0 {
            NodeState::Waiting
        } else if self.begun > self.completed {
            NodeState::Running
        } else {
            NodeState::Completed
        };
        NodeRun {
            state,
            runs: self.begun,
        }
    }
}
