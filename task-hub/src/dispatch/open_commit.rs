//! The commit that is being filled.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::{InstanceId, Kept, Status, Timestamp};

use super::settings::{COMMIT_BYTES_MAX, COMMIT_EPISODES_MAX};
use crate::engine::{Chunk, Delta, RowChange};
use crate::store::{End, TaskRow, TimerRow};

/// Something the outside can see; done when the commit that it waits for is durable, else dropped.
pub(super) type Effect = Box<dyn FnOnce() + Send>;

/// Deltas that become durable together, merged: what was created and used up in it is gone.
#[derive(Default)]
pub(super) struct OpenCommit {
    /// Commits are counted from 1.
    pub(super) number: u64,
    /// What changed, by id. Ids without a change may have messages to store.
    pub(super) entries: BTreeMap<InstanceId, Entry>,
    pub(super) purged: Vec<InstanceId>,
    pub(super) tasks_opened: BTreeMap<u64, Arc<TaskRow>>,
    pub(super) tasks_closed: Vec<u64>,
    pub(super) timers_opened: BTreeMap<u64, TimerRow>,
    pub(super) timers_closed: Vec<u64>,
    pub(super) messages_removed: Vec<u64>,
    pub(super) effects: Vec<Effect>,
    /// Who gave answers that are in it, and is told when they are durable.
    pub(super) kept: Vec<Kept>,
    pub(super) episodes: usize,
    pub(super) bytes: usize,
    /// Whether it has been open for as long as it may.
    pub(super) overdue: bool,
}

/// What one commit changes of one id.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) row: RowChange,
    pub(super) history: Chunk,
    pub(super) end: Option<End>,
}

impl OpenCommit {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            ..Self::default()
        }
    }

    /// Whether nothing waits for it.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.purged.is_empty()
            && self.tasks_closed.is_empty()
            && self.tasks_opened.is_empty()
            && self.timers_closed.is_empty()
            && self.timers_opened.is_empty()
            && self.messages_removed.is_empty()
            && self.effects.is_empty()
            && self.kept.is_empty()
    }

    /// Whether nothing more may be put into it.
    pub(super) fn is_full(&self) -> bool {
        self.episodes >= COMMIT_EPISODES_MAX || self.bytes >= COMMIT_BYTES_MAX
    }

    /// Remembers to look at the id when the commit is closed and when it is durable.
    pub(super) fn touch(&mut self, id: &InstanceId) -> &mut Entry {
        self.entries.entry(id.clone()).or_default()
    }

    /// Takes in what a delta changes in the store. Its messages and cancellations are the caller's.
    pub(super) fn absorb(&mut self, id: &InstanceId, delta: &mut Delta) {
        let history = std::mem::take(&mut delta.history);
        self.bytes += history.len();
        let row = std::mem::take(&mut delta.row);
        let end = delta.end.take();
        let entry = self.touch(id);
        entry.absorb(row, &history, end);
        self.messages_removed.append(&mut delta.consumed);
        for task in delta.tasks_opened.drain(..) {
            self.bytes += 64;
            self.tasks_opened.insert(task.id, Arc::new(task));
        }
        for id in delta.tasks_closed.drain(..) {
            if self.tasks_opened.remove(&id).is_none() {
                self.tasks_closed.push(id);
            }
        }
        // Opened first: what one delta opens and closes leaves nothing.
        for timer in &delta.timers_opened {
            self.timers_opened.insert(timer.id, timer.clone());
        }
        for (_, id) in &delta.timers_closed {
            if self.timers_opened.remove(id).is_none() {
                self.timers_closed.push(*id);
            }
        }
    }
}

impl Entry {
    fn absorb(&mut self, row: RowChange, history: &Chunk, end: Option<End>) {
        match row {
            RowChange::None => {}
            RowChange::Changed => {
                if self.row == RowChange::None {
                    self.row = RowChange::Changed;
                }
            }
            RowChange::Restarted { input } => {
                self.history = Chunk::default();
                self.end = None;
                match &mut self.row {
                    RowChange::Created { input: created, .. } => *created = input,
                    other => *other = RowChange::Restarted { input },
                }
            }
            RowChange::Created { replace, input } => {
                self.history = Chunk::default();
                self.end = None;
                // What ends and is replaced in one commit is still live in the store.
                let replace = match self.row {
                    RowChange::None => replace,
                    _ => any_status(),
                };
                self.row = RowChange::Created { replace, input };
            }
        }
        self.history.append(history);
        if end.is_some() {
            self.end = end;
        }
    }
}

/// All statuses: the engine has decided to replace whatever is there.
pub(super) fn any_status() -> Vec<Status> {
    vec![
        Status::Pending,
        Status::Running,
        Status::Suspended,
        Status::Completed,
        Status::Failed,
        Status::Terminated,
        Status::Canceled,
        Status::ContinuedAsNew,
    ]
}

/// The order of timers.
pub(super) fn timer_key(timer: &TimerRow) -> (Timestamp, u64) {
    (timer.fire_at, timer.id)
}
