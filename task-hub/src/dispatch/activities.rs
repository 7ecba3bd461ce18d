//! Which open activities are in memory, and which ones run.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use durable_task::wire::proto::ActivityRequest;
use durable_task::{ExecutionId, InstanceId};
use tokio_util::sync::CancellationToken;

use super::fair::Line;
use super::lanes::{LANE_KEPT, LaneKey, Lanes};
use crate::store::{TaskKind, TaskRow};

/// How many open activities wait in memory; the rest stays in the store.
pub(super) const ACTIVITIES_KEPT: usize = 16 * 1_024;
/// How many are read at once.
pub(super) const ACTIVITIES_READ: usize = 1_024;

/// Open activities: a window that waits, and those that run. The names take turns, and within a
/// name the instances: what one instance has too much of stays in the store.
#[derive(Debug, Default)]
pub(super) struct Activities {
    waiting: Lanes,
    running: BTreeMap<u64, Running>,
    /// All that wait here, wait to be tried again, run, or are not closed durably yet.
    known: HashSet<u64>,
    /// Closed while a read was under way that may still have seen them.
    closed: HashSet<u64>,
    /// Not wanted any more, as of a commit that is not durable: it closes them.
    cancelled: HashMap<u64, u64>,
    /// The highest id up to which the store was looked through.
    last: u64,
    /// Whether the store has more after `last`.
    more: bool,
    /// Lanes that have more in the store, by the first id that was left there.
    left: BTreeMap<u64, Arc<LaneKey>>,
    reading: Option<Reading>,
    /// Whether more came during a read that may not have seen it.
    missed: bool,
    /// The first of a lane that came while more of that lane was read.
    missed_in_lane: Option<u64>,
    /// Whether any was left to the store because nobody has code for it.
    without_code: bool,
    attempts: HashMap<u64, u32>,
    /// Given back, and not tried again since: each only once, however many look for it.
    given_back: HashSet<u64>,
}

/// What is being read.
#[derive(Debug)]
enum Reading {
    /// What comes after `last`.
    All,
    /// More of one lane.
    Lane(Arc<LaneKey>),
}

/// Where to read, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NextRead {
    pub(super) after: u64,
    pub(super) limit: usize,
}

/// An activity that a worker runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) instance: InstanceId,
    pub(super) execution: ExecutionId,
    pub(super) task_id: i32,
    pub(super) line: Line,
    pub(super) cancel: CancellationToken,
}

impl Activities {
    /// A task that has become durable.
    pub(super) fn opened(&mut self, task: Arc<TaskRow>) {
        let Some(key) = LaneKey::of(&task) else {
            return;
        };
        if self.waiting.len() >= ACTIVITIES_KEPT {
            self.more = true;
            self.missed = true;
            return;
        }
        if !self.more {
            self.last = self.last.max(task.id);
        }
        if self.has_left(&key) {
            self.note_missed(&key, task.id);
        } else if self.waiting.lane_len(&key) >= LANE_KEPT {
            self.left.insert(task.id, key);
        } else {
            self.put(&key, task);
        }
    }

    /// Whether more of the lane is in the store, or may be.
    fn has_left(&self, key: &Arc<LaneKey>) -> bool {
        self.is_read(key) || self.left.values().any(|left| left == key)
    }

    fn is_read(&self, key: &Arc<LaneKey>) -> bool {
        matches!(&self.reading, Some(Reading::Lane(read)) if read == key)
    }

    fn note_missed(&mut self, key: &Arc<LaneKey>, id: u64) {
        if self.is_read(key) {
            let first = self.missed_in_lane.unwrap_or(id);
            self.missed_in_lane = Some(first.min(id));
        }
    }

    fn put(&mut self, key: &Arc<LaneKey>, task: Arc<TaskRow>) {
        if !self.cancelled.contains_key(&task.id) && self.known.insert(task.id) {
            self.waiting.push(key, task);
        }
    }

    /// What to read next, if there is room for more. The read has to be answered by
    /// [`read`](Self::read).
    pub(super) fn next_read(&mut self) -> Option<NextRead> {
        if self.reading.is_some() {
            return None;
        }
        let room = ACTIVITIES_KEPT.saturating_sub(self.waiting.len());
        if self.more && room >= ACTIVITIES_READ {
            self.reading = Some(Reading::All);
            self.missed = false;
            return Some(NextRead {
                after: self.last,
                limit: ACTIVITIES_READ,
            });
        }
        let waiting = &self.waiting;
        let mut left = self.left.iter();
        let (first, limit) = left.find_map(|(first, key)| {
            let len = waiting.lane_len(key);
            (len <= LANE_KEPT / 2).then_some((*first, LANE_KEPT - len))
        })?;
        let key = self.left.remove(&first)?;
        self.reading = Some(Reading::Lane(key));
        self.missed_in_lane = None;
        Some(NextRead {
            after: first.saturating_sub(1),
            limit,
        })
    }

    /// Takes in what was read; `limit` was asked for.
    pub(super) fn read(&mut self, tasks: Vec<TaskRow>, limit: usize) {
        let closed = std::mem::take(&mut self.closed);
        let is_full = tasks.len() >= limit;
        let tasks = tasks.into_iter().map(Arc::new);
        match self.reading.take() {
            Some(Reading::All) => {
                self.more = is_full || self.missed;
                for task in tasks {
                    self.last = self.last.max(task.id);
                    if !closed.contains(&task.id) {
                        self.take_in(task);
                    }
                }
            }
            Some(Reading::Lane(key)) => {
                let mut left = self.missed_in_lane.take();
                for task in tasks {
                    if is_full {
                        left = Some(task.id + 1);
                    }
                    if !closed.contains(&task.id) && LaneKey::of(&task).as_ref() == Some(&key) {
                        self.put(&key, task);
                    }
                }
                if let Some(first) = left {
                    self.left.insert(first, key);
                }
            }
            None => {}
        }
    }

    /// One that was read with all others: into its lane, unless that is full.
    fn take_in(&mut self, task: Arc<TaskRow>) {
        let Some(key) = LaneKey::of(&task) else {
            return;
        };
        if self.known.contains(&task.id) || self.has_left(&key) {
            return;
        }
        if self.waiting.lane_len(&key) >= LANE_KEPT {
            self.left.insert(task.id, key);
        } else {
            self.put(&key, task);
        }
    }

    /// What was to be read is damaged: it is left alone until the store is looked through again.
    pub(super) fn unreadable(&mut self) {
        if matches!(self.reading.take(), Some(Reading::All)) {
            self.more = false;
        }
        self.closed.clear();
    }

    /// Looks through the whole store again, if something was left there because nobody had code
    /// for it.
    pub(super) fn look_for_code(&mut self) {
        if std::mem::take(&mut self.without_code) {
            self.rescan();
        }
    }

    /// Looks through the whole store.
    pub(super) fn rescan(&mut self) {
        self.last = 0;
        self.more = true;
        self.missed = true;
    }

    /// Forgets all that does not run; what runs is not started again.
    pub(super) fn reset(&mut self) {
        self.waiting = Lanes::default();
        self.left.clear();
        self.known = self.running.keys().copied().collect();
        self.closed.clear();
        self.cancelled.clear();
        self.given_back.clear();
        self.reading = None;
        self.rescan();
    }

    /// Tells all that run that nobody wants their results, and forgets them.
    pub(super) fn forget_running(&mut self) {
        self.cancel_all();
        self.running.clear();
        self.known.clear();
        self.attempts.clear();
        self.given_back.clear();
    }

    /// Drops what waits and is not wanted any more; returns how to tell it, if it runs. The commit
    /// of this number closes it.
    pub(super) fn cancel(&mut self, id: u64, commit: u64) -> Option<CancellationToken> {
        self.cancelled.insert(id, commit);
        let running = self.running.get(&id)?;
        Some(running.cancel.clone())
    }

    /// Tells all that run that nobody wants their results.
    pub(super) fn cancel_all(&self) {
        for running in self.running.values() {
            running.cancel.cancel();
        }
    }

    /// The name whose turn it is. It has to be passed to [`next`](Self::next) or
    /// [`give_back`](Self::give_back).
    pub(super) fn next_line(&mut self) -> Option<Line> {
        self.waiting.next_line()
    }

    /// Names that no worker has room for: they come first the next time.
    pub(super) fn give_back(&mut self, lines: Vec<Line>) {
        self.waiting.give_back(lines);
    }

    /// The next one of a name; `None` if it is not wanted any more.
    pub(super) fn next(&mut self, line: Line) -> Option<Arc<TaskRow>> {
        let task = self.waiting.pop(line)?;
        let wanted = self.known.contains(&task.id) && !self.cancelled.contains_key(&task.id);
        wanted.then_some(task)
    }

    /// One is handed to a worker.
    pub(super) fn start(
        &mut self,
        task: Arc<TaskRow>,
        line: Line,
    ) -> Option<(u64, ActivityRequest, CancellationToken)> {
        let task = Arc::unwrap_or_clone(task);
        let TaskKind::Activity(request) = task.kind else {
            return None;
        };
        let cancel = CancellationToken::new();
        let running = Running {
            instance: task.instance,
            execution: task.execution,
            task_id: task.task_id,
            line,
            cancel: cancel.clone(),
        };
        self.running.insert(task.id, running);
        Some((task.id, request, cancel))
    }

    /// Leaves one to the store until a worker comes that has code for it.
    pub(super) fn leave(&mut self, id: u64) {
        self.running.remove(&id);
        self.known.remove(&id);
        self.without_code = true;
    }

    /// One has been answered for good. It stays known until that is durable.
    pub(super) fn answered(&mut self, id: u64) -> Option<Running> {
        self.attempts.remove(&id);
        self.running.remove(&id)
    }

    /// One has been closed, durably.
    pub(super) fn closed(&mut self, id: u64) {
        self.known.remove(&id);
        self.attempts.remove(&id);
        self.given_back.remove(&id);
        if self.reading.is_some() {
            self.closed.insert(id);
        }
    }

    /// A commit is durable, and with it what it cancelled.
    pub(super) fn durable(&mut self, commit: u64) {
        self.cancelled.retain(|_, closing| *closing > commit);
    }

    /// One has been given back; returns how often, and what it was.
    pub(super) fn abandoned(&mut self, id: u64) -> Option<(u32, Running)> {
        let running = self.running.remove(&id)?;
        let attempts = self.attempts.entry(id).or_default();
        *attempts += 1;
        self.given_back.insert(id);
        Some((*attempts, running))
    }

    /// One that was given back has been read again; `None` if it is not open any more.
    pub(super) fn retry(&mut self, id: u64, task: Option<TaskRow>) {
        if !self.given_back.remove(&id) || !self.known.contains(&id) {
            return;
        }
        let task = task.filter(|task| !self.cancelled.contains_key(&task.id));
        if let Some((key, task)) = task.and_then(|task| Some((LaneKey::of(&task)?, task))) {
            self.waiting.push_front(&key, Arc::new(task));
        } else {
            self.known.remove(&id);
            self.attempts.remove(&id);
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }
}

#[cfg(test)]
mod tests;
