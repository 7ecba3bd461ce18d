//! Which open activities are in memory, and which ones run.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use durable_task::wire::proto::ActivityRequest;
use durable_task::{ExecutionId, InstanceId};
use tokio_util::sync::CancellationToken;

use crate::store::{TaskKind, TaskRow};

/// How many open activities wait in memory; the rest stays in the store.
pub(super) const ACTIVITIES_KEPT: usize = 1_024;

/// Open activities: a window that waits, in the order of their ids, and those that run.
#[derive(Debug, Default)]
pub(super) struct Activities {
    queue: VecDeque<Arc<TaskRow>>,
    running: HashMap<u64, Running>,
    /// All that wait here, wait to be tried again, run, or are not closed durably yet.
    known: HashSet<u64>,
    /// Closed while a read was under way that may still have seen them.
    closed: HashSet<u64>,
    /// Not wanted any more, as of a commit that is not durable: it closes them.
    cancelled: HashMap<u64, u64>,
    /// The highest id that has been here.
    last: u64,
    /// Whether the store has more after `last`.
    more: bool,
    reading: bool,
    /// Whether more came during a read that may not have seen it.
    missed: bool,
    attempts: HashMap<u64, u32>,
}

/// An activity that a worker runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) instance: InstanceId,
    pub(super) execution: ExecutionId,
    pub(super) task_id: i32,
    pub(super) cancel: CancellationToken,
}

impl Activities {
    /// A task that has become durable.
    pub(super) fn opened(&mut self, task: Arc<TaskRow>) {
        if self.more || self.queue.len() >= ACTIVITIES_KEPT {
            self.more = true;
            self.missed = true;
            return;
        }
        self.last = self.last.max(task.id);
        self.put(task);
    }

    fn put(&mut self, task: Arc<TaskRow>) {
        if matches!(task.kind, TaskKind::Activity(_))
            && !self.cancelled.contains_key(&task.id)
            && self.known.insert(task.id)
        {
            self.queue.push_back(task);
        }
    }

    /// Where to read on, if there is room for more. The read has to be answered by
    /// [`read`](Self::read).
    pub(super) fn next_read(&mut self) -> Option<u64> {
        if !self.more || self.reading || self.queue.len() > ACTIVITIES_KEPT / 2 {
            return None;
        }
        self.reading = true;
        self.missed = false;
        Some(self.last)
    }

    /// Takes in what was read.
    pub(super) fn read(&mut self, tasks: Vec<TaskRow>) {
        self.reading = false;
        self.more = tasks.len() >= ACTIVITIES_KEPT || self.missed;
        let closed = std::mem::take(&mut self.closed);
        for task in tasks {
            self.last = self.last.max(task.id);
            if !closed.contains(&task.id) {
                self.put(Arc::new(task));
            }
        }
    }

    /// What was to be read is damaged: it is left alone until the store is looked through again.
    pub(super) fn unreadable(&mut self) {
        self.reading = false;
        self.more = false;
        self.closed.clear();
    }

    /// Looks through the whole store again: at the start, or because a worker can run what could
    /// not be run before.
    pub(super) fn rescan(&mut self) {
        self.last = 0;
        self.more = true;
        self.missed = true;
    }

    /// Forgets all that does not run; what runs is not started again.
    pub(super) fn reset(&mut self) {
        self.queue.clear();
        self.known = self.running.keys().copied().collect();
        self.closed.clear();
        self.cancelled.clear();
        self.reading = false;
        self.rescan();
    }

    /// Drops what waits and is not wanted any more; returns how to tell it, if it runs. The commit
    /// of this number closes it.
    pub(super) fn cancel(&mut self, id: u64, commit: u64) -> Option<CancellationToken> {
        self.cancelled.insert(id, commit);
        if let Some(running) = self.running.get(&id) {
            return Some(running.cancel.clone());
        }
        self.queue.retain(|task| task.id != id);
        None
    }

    /// Tells all that run that nobody wants their results.
    pub(super) fn cancel_all(&self) {
        for running in self.running.values() {
            running.cancel.cancel();
        }
    }

    /// The next one to run.
    pub(super) fn next(&mut self) -> Option<Arc<TaskRow>> {
        self.queue.pop_front()
    }

    /// Puts back those that no worker has room for, in their order.
    pub(super) fn put_back(&mut self, tasks: Vec<Arc<TaskRow>>) {
        for task in tasks.into_iter().rev() {
            self.queue.push_front(task);
        }
    }

    /// One is handed to a worker.
    pub(super) fn start(
        &mut self,
        task: Arc<TaskRow>,
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
            cancel: cancel.clone(),
        };
        self.running.insert(task.id, running);
        Some((task.id, request, cancel))
    }

    /// Leaves one to the store until a worker comes that has code for it.
    pub(super) fn leave(&mut self, id: u64) {
        self.running.remove(&id);
        self.known.remove(&id);
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
        if self.reading {
            self.closed.insert(id);
        }
    }

    /// A commit is durable, and with it what it cancelled.
    pub(super) fn durable(&mut self, commit: u64) {
        self.cancelled.retain(|_, closing| *closing > commit);
    }

    /// One has been given back; returns how often.
    pub(super) fn abandoned(&mut self, id: u64) -> Option<u32> {
        self.running.remove(&id)?;
        let attempts = self.attempts.entry(id).or_default();
        *attempts += 1;
        Some(*attempts)
    }

    /// One that was given back has been read again; `None` if it is not open any more.
    pub(super) fn retry(&mut self, id: u64, task: Option<TaskRow>) {
        if !self.known.contains(&id) {
            return;
        }
        if let Some(task) = task.filter(|task| !self.cancelled.contains_key(&task.id)) {
            self.queue.push_front(Arc::new(task));
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
mod tests {
    use super::*;

    fn task(id: u64) -> TaskRow {
        TaskRow {
            id,
            instance: InstanceId::from_stored("a"),
            execution: ExecutionId::new("e"),
            task_id: 0,
            kind: TaskKind::Activity(ActivityRequest::default()),
        }
    }

    impl Activities {
        fn start_next(&mut self) -> Option<(u64, ActivityRequest, CancellationToken)> {
            let next = self.next()?;
            self.start(next)
        }
    }

    fn run_all(activities: &mut Activities) -> Vec<u64> {
        let next = std::iter::from_fn(|| activities.start_next());
        let ids: Vec<u64> = next.map(|(id, _, _)| id).collect();
        for id in &ids {
            activities.answered(*id);
            activities.closed(*id);
        }
        ids
    }

    #[test]
    fn a_large_fan_out_runs_once_and_in_order_through_the_window() {
        let mut activities = Activities::default();
        let all = ACTIVITIES_KEPT as u64 * 3 + 7;
        for id in 1..=all {
            activities.opened(Arc::new(task(id)));
        }
        assert_eq!(activities.queue.len(), ACTIVITIES_KEPT);
        let mut ran = Vec::new();
        loop {
            ran.append(&mut run_all(&mut activities));
            let Some(after) = activities.next_read() else {
                break;
            };
            let page = (after + 1..=all).take(ACTIVITIES_KEPT).map(task).collect();
            activities.read(page);
        }
        assert_eq!(ran, (1..=all).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_opened_during_a_read_is_not_missed() {
        let mut activities = Activities::default();
        activities.rescan();
        assert_eq!(activities.next_read(), Some(0));
        activities.opened(Arc::new(task(5)));
        activities.read(Vec::new());
        assert_eq!(activities.next_read(), Some(0));
        activities.read(vec![task(5)]);
        assert_eq!(run_all(&mut activities), [5]);
        assert_eq!(activities.next_read(), None);
    }

    #[test]
    fn what_runs_is_not_started_again_after_a_reset() {
        let mut activities = Activities::default();
        activities.opened(Arc::new(task(1)));
        activities.opened(Arc::new(task(2)));
        assert!(activities.start_next().is_some());
        activities.reset();
        assert_eq!(activities.next_read(), Some(0));
        activities.read(vec![task(1), task(2)]);
        assert_eq!(activities.start_next().map(|(id, ..)| id), Some(2));
        assert!(activities.start_next().is_none());
    }

    #[test]
    fn an_answered_one_is_not_run_again_by_a_read_that_still_saw_it() {
        let mut activities = Activities::default();
        activities.opened(Arc::new(task(1)));
        activities.opened(Arc::new(task(2)));
        while activities.start_next().is_some() {}
        activities.answered(1);
        activities.rescan();
        assert_eq!(activities.next_read(), Some(0));
        activities.answered(2);
        activities.closed(2);
        activities.read(vec![task(1), task(2)]);
        assert!(activities.start_next().is_none());
        activities.closed(1);
        assert!(activities.known.is_empty(), "{:?}", activities.known);
    }

    #[test]
    fn a_cancelled_one_that_waits_never_runs_and_one_that_runs_is_told() {
        let mut activities = Activities::default();
        activities.opened(Arc::new(task(1)));
        activities.opened(Arc::new(task(2)));
        let (_, _, token) = activities.start_next().unwrap();
        activities.cancel(1, 1).unwrap().cancel();
        assert!(token.is_cancelled());
        assert!(activities.cancel(2, 1).is_none());
        activities.answered(1);
        assert!(activities.start_next().is_none());
    }
    #[test]
    fn one_that_is_cancelled_before_it_is_known_never_runs() {
        let mut activities = Activities::default();
        // The commit that opens it is being written; the next one closes it.
        assert!(activities.cancel(1, 2).is_none());
        activities.durable(1);
        activities.opened(Arc::new(task(1)));
        assert!(activities.start_next().is_none());
        activities.closed(1);
        activities.durable(2);
        assert!(activities.cancelled.is_empty(), "it is not kept for ever");
    }

    #[test]
    fn one_that_is_cancelled_during_a_read_never_runs() {
        // The read ends before or after the commit that closes it is durable.
        for durable_first in [false, true] {
            let mut activities = Activities::default();
            activities.rescan();
            assert_eq!(activities.next_read(), Some(0));
            assert!(activities.cancel(1, 2).is_none());
            if durable_first {
                activities.closed(1);
                activities.durable(2);
            }
            activities.read(vec![task(1)]);
            assert!(activities.start_next().is_none(), "{durable_first}");
        }
    }

    #[test]
    fn one_that_was_given_back_and_is_cancelled_is_not_tried_again() {
        let mut activities = Activities::default();
        activities.opened(Arc::new(task(1)));
        assert!(activities.start_next().is_some());
        assert_eq!(activities.abandoned(1), Some(1));
        assert!(activities.cancel(1, 2).is_none());
        activities.retry(1, Some(task(1)));
        assert!(activities.start_next().is_none());
        activities.closed(1);
        assert!(activities.known.is_empty() && activities.attempts.is_empty());
    }
}
