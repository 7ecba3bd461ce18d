//! Closing the open commit, and what happens when it is durable.

use std::future::ready;
use std::sync::Arc;

use durable_task::{BoxFuture, InstanceId, Kept};

use super::open_commit::{Effect, Entry, OpenCommit};
use super::resident::{Arrived, Resident, State};
use super::shared::count;
use super::{Dispatcher, HubHealth};
use crate::engine::{Closes, Entity, Instance, Message, Orchestration, RowChange};
use crate::store::{
    Commit, EntityWrite, HistoryRow, InstanceChange, InstanceWrite, StateChange, StoreError,
    TaskRow,
};

/// A commit that is being written.
pub(super) struct Writing {
    pub(super) future: BoxFuture<'static, Result<(), StoreError>>,
    closing: Closing,
}

/// What waits for a commit to be durable.
struct Closing {
    number: u64,
    /// Messages below this id are durable with it.
    next_id: u64,
    effects: Vec<Effect>,
    kept: Vec<Kept>,
    ids: Vec<InstanceId>,
    /// Instances whose status changes: somebody may wait for that.
    news: Vec<InstanceId>,
    tasks: Vec<Arc<TaskRow>>,
    tasks_closed: Vec<u64>,
}

impl Dispatcher {
    /// Closes the open commit if it is time; returns whether it did.
    pub(super) fn close_commit(&mut self) -> bool {
        if self.writing.is_some() || self.open.is_empty() {
            return false;
        }
        // What is ready and not handed over waits for a worker with room: it is not waited for.
        let busy = self.out.ahead > 0 || self.reads_awaited > 0;
        if busy && !self.open.overdue && !self.open.is_full() && !self.mode.is_expired() {
            return false;
        }
        let next = OpenCommit::new(self.open.number + 1);
        let open = std::mem::replace(&mut self.open, next);
        let (commit, mut closing) = match self.build(open) {
            Ok(built) => built,
            Err(error) => {
                count(&self.shared.counters.commits_failed);
                self.fail(&error);
                return false;
            }
        };
        if has_bug!(AnswerBeforeDurable) {
            for effect in closing.effects.drain(..) {
                effect();
            }
            for kept in closing.kept.drain(..) {
                let _ = kept.send(());
            }
        }
        if has_bug!(ActivityBeforeDurable) {
            for task in closing.tasks.drain(..) {
                self.activities.opened(task);
            }
        }
        if commit.is_empty() {
            self.became_durable(closing);
        } else {
            let future = self.write(commit);
            self.writing = Some(Writing { future, closing });
        }
        for id in std::mem::take(&mut self.next_commit) {
            self.queue(id);
        }
        true
    }

    /// Gives the commit to the store. Where nothing else can happen before it is durable, and this
    /// thread may be blocked, it is written here: that saves waking two threads.
    fn write(&self, commit: Commit) -> BoxFuture<'static, Result<(), StoreError>> {
        if self.is_idle()
            && self.runtime.may_block()
            && let Some(result) = self.store.commit_here(&commit)
        {
            return Box::pin(ready(result));
        }
        let store = Arc::clone(&self.store);
        Box::pin(async move { store.commit(commit).await })
    }

    /// Whether nothing is under way that could lead to another commit.
    pub(super) fn is_idle(&self) -> bool {
        self.out.ahead + self.out.after + self.activities.running() == 0 && self.reads.is_empty()
    }

    /// What to write. What changed is in memory; if it is not, that is a bug, and writing the rest
    /// would lose its part.
    fn build(&mut self, open: OpenCommit) -> Result<(Commit, Closing), StoreError> {
        let tasks: Vec<Arc<TaskRow>> = open.tasks_opened.into_values().collect();
        let mut commit = Commit {
            purged: open.purged,
            tasks_closed: open.tasks_closed,
            tasks_opened: tasks.clone(),
            timers_closed: open.timers_closed,
            timers_opened: open.timers_opened.into_values().collect(),
            messages_removed: open.messages_removed,
            ..Commit::default()
        };
        let mut ids = Vec::with_capacity(open.entries.len());
        let mut news = commit.purged.clone();
        for (id, entry) in open.entries {
            let Some(resident) = self.residents.get(&id) else {
                return Err(StoreError::Unavailable {
                    operation: "commit",
                    reason: format!("`{id}` was forgotten before it was written; this is a bug"),
                });
            };
            let instances = commit.instances.len();
            write(&id, resident, entry, &mut commit);
            if let Some(write) = commit.instances.get(instances)
                && resident.status != Some(write.step.status)
            {
                resident.status = Some(write.step.status);
                news.push(id.clone());
            }
            ids.push(id);
        }
        if has_bug!(MessageNotStored) {
            commit.messages_added.retain(|message| message.id % 3 != 0);
        }
        if has_bug!(MessageAppliedTwice) {
            commit.messages_removed.retain(|id| id % 3 != 0);
        }
        if has_bug!(FinishedAgain) {
            commit.tasks_closed.retain(|id| id % 3 != 0);
        }
        let closing = Closing {
            number: open.number,
            next_id: self.ids.next,
            effects: open.effects,
            kept: open.kept,
            ids,
            news,
            tasks,
            tasks_closed: commit.tasks_closed.clone(),
        };
        Ok((commit, closing))
    }

    /// The store has answered.
    pub(super) fn written(&mut self, result: Result<(), StoreError>) {
        let Some(Writing { closing, .. }) = self.writing.take() else {
            return;
        };
        match result {
            Ok(()) => {
                count(&self.shared.counters.commits);
                if self.failures > 0 {
                    self.failures = 0;
                    self.shared.set_health(HubHealth::Healthy);
                }
                self.became_durable(closing);
            }
            Err(error) => {
                count(&self.shared.counters.commits_failed);
                self.fail(&error);
            }
        }
    }

    /// Releases the effects of a commit, and looks again at what waited for it.
    fn became_durable(&mut self, closing: Closing) {
        self.durable = closing.number;
        self.durable_id = self.durable_id.max(closing.next_id);
        for task in closing.tasks_closed {
            self.activities.closed(task);
        }
        self.activities.durable(closing.number);
        for task in closing.tasks {
            self.activities.opened(task);
        }
        for effect in closing.effects {
            effect();
        }
        for kept in closing.kept {
            // Whoever answered may not want to know any more.
            let _ = kept.send(());
        }
        for id in closing.news {
            self.shared.notify(&id);
        }
        self.shared.touched(&closing.ids);
        for id in closing.ids {
            let requests = match self.residents.get(&id) {
                Some(resident) if resident.commit <= closing.number => {
                    std::mem::take(&mut resident.requests)
                }
                _ => Vec::new(),
            };
            for request in requests {
                self.ask(request);
            }
            self.make_ready(&id);
            self.settle(&id);
        }
        self.timers.prune(self.durable);
    }
}

/// What a commit writes of one id.
fn write(id: &InstanceId, resident: &mut Resident, entry: Entry, commit: &mut Commit) {
    let instance = match &mut resident.state {
        State::Loading(arrived) => {
            for arrived in arrived {
                if let Arrived::Message(message) = arrived {
                    write_message(message, commit);
                }
            }
            return;
        }
        State::Unreadable(messages) => {
            for mut message in messages.drain(..) {
                write_message(&mut message, commit);
            }
            return;
        }
        State::Live(instance) => instance,
    };
    if let (Instance::Orchestration(orchestration), RowChange::Created { .. }) =
        (&mut *instance, &entry.row)
    {
        // They came while it was being read, and were written without it.
        commit
            .messages_removed
            .append(&mut orchestration.forget_rows());
    }
    commit.messages_added.append(&mut instance.store_messages());
    match instance {
        Instance::Orchestration(orchestration) => {
            commit
                .instances
                .extend(write_instance(orchestration, entry));
        }
        Instance::Entity(entity) if entry.row != RowChange::None => {
            let before = resident.written.take();
            resident.written = entity.state().cloned();
            commit.entities.push(write_entity(id, entity, before));
        }
        Instance::Entity(_) | Instance::Absent(_) => {}
    }
}

/// Writes a message for a target that takes notice of it later.
fn write_message(message: &mut Message, commit: &mut Commit) {
    if message.stored {
        return;
    }
    commit.messages_added.push(message.to_row());
    message.stored = true;
    match message.closes.take() {
        Some(Closes::Task(task)) => commit.tasks_closed.push(task),
        // One that became due in the commit that opens it was never open for the store.
        Some(Closes::Timer(_, timer)) => {
            let opened = commit.timers_opened.len();
            commit.timers_opened.retain(|open| open.id != timer);
            if commit.timers_opened.len() == opened {
                commit.timers_closed.push(timer);
            }
        }
        None => {}
    }
}

fn write_instance(orchestration: &mut Orchestration, entry: Entry) -> Option<InstanceWrite> {
    let forgotten = has_bug!(HistoryForgotten) && orchestration.history.rows % 3 == 2;
    let history = (!entry.history.is_empty() && !forgotten).then(|| {
        let row = orchestration.history.rows;
        orchestration.history.rows += 1;
        HistoryRow {
            row,
            event_count: entry.history.events(),
            events: entry.history.into_bytes(),
        }
    });
    let (change, input) = match entry.row {
        RowChange::None => return None,
        RowChange::Changed => (InstanceChange::Step, None),
        RowChange::Created { replace, input } => (InstanceChange::Create { replace }, input),
        RowChange::Restarted { input } => (InstanceChange::Restart, input),
    };
    Some(InstanceWrite {
        identity: Arc::clone(&orchestration.identity),
        change,
        input,
        step: orchestration.step(),
        history,
        end: entry.end,
    })
}

fn write_entity(id: &InstanceId, entity: &Entity, before: Option<Arc<str>>) -> EntityWrite {
    let same = match (&before, entity.state()) {
        (Some(before), Some(state)) => Arc::ptr_eq(before, state),
        (None, None) => true,
        _ => false,
    };
    EntityWrite {
        id: id.clone(),
        state: if same {
            StateChange::Keep
        } else {
            StateChange::Replace {
                from: before,
                to: entity.state().cloned(),
            }
        },
        exists: entity.state().is_some(),
        lock: entity.lock().cloned(),
        modified_at: entity.modified_at(),
    }
}
