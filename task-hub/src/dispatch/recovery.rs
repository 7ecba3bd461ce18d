//! Beginning, failing, beginning again, ending.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use durable_task::{BoxFuture, InstanceId};

use super::open_commit::OpenCommit;
use super::parked::{ParkedItem, ParkedItems};
use super::profile::WorkerId;
use super::request::unreadable;
use super::resident::{Arrived, Doing, State};
use super::salvage::is_damage;
use super::settings::retry_delay;
use super::{Dispatcher, Event, Fetching, HubHealth, LOADS_AT_ONCE, Notice, READY_FOUND_MAX, Read};
use crate::engine::Instance;
use crate::store::{Opened, StoreError};

/// What the loop is about.
pub(super) enum Mode {
    /// Work.
    Serving,
    /// The store has failed and is being opened again.
    Opening(BoxFuture<'static, Result<Opened, StoreError>>),
    /// No new work; what runs may end until the time is over.
    Draining(BoxFuture<'static, ()>),
    /// The time is over.
    Expired,
}

impl Mode {
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Option<Event> {
        match self {
            Self::Opening(opening) => match opening.as_mut().poll(context) {
                Poll::Ready(result) => Some(Event::Opened(result)),
                Poll::Pending => None,
            },
            Self::Draining(deadline) => match deadline.as_mut().poll(context) {
                Poll::Ready(()) => Some(Event::Deadline),
                Poll::Pending => None,
            },
            Self::Serving | Self::Expired => None,
        }
    }

    pub(super) fn is_opening(&self) -> bool {
        matches!(self, Self::Opening(_))
    }

    pub(super) fn is_draining(&self) -> bool {
        matches!(self, Self::Draining(_) | Self::Expired)
    }

    pub(super) fn is_expired(&self) -> bool {
        matches!(self, Self::Expired)
    }
}

/// The search through the store for instances that have messages but are not in memory.
#[derive(Debug, Default)]
pub(super) enum Scan {
    /// None is wanted.
    #[default]
    Done,
    /// To go on after this id.
    After(Option<InstanceId>),
    /// A page is being read, by this read. What an earlier one brings is not looked at.
    Reading(u64),
}

impl Dispatcher {
    /// What is asked, as long as anything may be.
    pub(super) fn poll_controls(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if !self.mode.is_draining() {
            let control = self.controls.poll_recv(context);
            return control.map(|control| control.map_or(Event::Abandoned, Event::Control));
        }
        // Asked before the asker could know. Dropped, it says that the hub is unavailable: now, and
        // not when all that runs has ended.
        while let Poll::Ready(Some(late)) = self.controls.poll_recv(context) {
            drop(late);
        }
        Poll::Pending
    }

    /// A worker came, changed or went.
    pub(super) fn workers_changed(&mut self, notice: Notice) {
        match notice {
            // What waits for room is looked at after each event.
            Notice::Answer(_) | Notice::Room => {}
            Notice::Attach {
                id,
                worker,
                profile,
            } => {
                let is_covered = self.workers.cover(&profile);
                self.workers.attach(id, worker, profile);
                if is_covered {
                    self.retry_given_back(ParkedItems::given_back);
                } else {
                    self.look_again();
                }
            }
            Notice::Update { id, profile } => {
                self.workers.update(id, profile);
                self.look_again();
            }
            Notice::Detach(id) => self.detach(id),
        }
    }

    /// Looks for all that may have waited for code.
    fn look_again(&mut self) {
        self.retry_given_back(ParkedItems::look_again);
        for id in self.residents.ids() {
            // What gets work is more than remembered.
            self.residents.wake(&id);
            self.make_ready(&id);
            self.settle(&id);
        }
        self.activities.look_for_code();
        if std::mem::take(&mut self.forgot_ready) {
            self.scan = Scan::After(None);
        }
    }

    /// Tries again what was given back too often.
    fn retry_given_back(&mut self, given_back: impl Fn(&ParkedItems) -> Vec<(ParkedItem, u32)>) {
        for (item, times) in given_back(&self.shared.parked) {
            self.retry_later(item, times);
        }
    }

    /// Gives it no more work. What it has is still its own, until it gives it back.
    fn detach(&mut self, id: WorkerId) {
        self.workers.detach(id);
        let last = self.workers.is_empty();
        if last {
            self.ready.clear();
            self.ready_entities.clear();
            self.next_commit.clear();
            self.scan = Scan::Done;
            self.forgot_ready = true;
        }
        for instance in self.residents.ids() {
            let Some(resident) = self.residents.get(&instance) else {
                continue;
            };
            resident.warm = resident.warm.filter(|worker| *worker != id);
            if last && resident.doing == Doing::Queued {
                resident.doing = Doing::Nothing;
                self.settle(&instance);
            }
        }
    }

    /// Goes on with the search, if there is room for what it finds.
    pub(super) fn scan(&mut self) {
        // What waits for a worker that is full is in nobody's way, as long as memory has room.
        let going = self.ready.len_going() + self.ready_entities.len_going();
        let room = self.reads.len() + going < LOADS_AT_ONCE
            && self.ready.len() + self.ready_entities.len() < READY_FOUND_MAX;
        if !room || self.mode.is_draining() {
            return;
        }
        if let Scan::After(after) = &mut self.scan {
            let after = after.take();
            self.tokens += 1;
            let token = self.tokens;
            self.scan = Scan::Reading(token);
            self.read(
                false,
                move |store| async move {
                    let after = after.as_ref();
                    store.message_targets(after, LOADS_AT_ONCE).await
                },
                move |targets| Read::Targets(token, targets),
            );
        }
    }

    fn found(&mut self, token: u64, targets: Vec<InstanceId>) {
        if !matches!(self.scan, Scan::Reading(reading) if reading == token) {
            return;
        }
        self.scan = if targets.len() < LOADS_AT_ONCE {
            Scan::Done
        } else {
            Scan::After(targets.last().cloned())
        };
        for id in targets {
            if !self.residents.contains(&id) {
                self.residents.wake(&id);
                self.load(id);
            }
        }
    }

    /// A read has ended.
    pub(super) fn has_read(&mut self, read: Read) {
        self.reads_awaited -= usize::from(match &read {
            Read::Instance(..) => true,
            Read::History(fetching, _) => fetching.ahead,
            _ => false,
        });
        if let Read::History(fetching, _) = &read {
            self.workers.fetched(fetching.worker);
            if let Some(place) = &fetching.place {
                self.names.fetched(place);
            }
        }
        let failed = match read {
            Read::Instance(id, Err(error)) if is_damage(&error) => {
                self.leave_alone(&id, &error);
                None
            }
            Read::Instance(id, result) => result.map(|loaded| self.loaded(&id, loaded)).err(),
            Read::History(of, Err(error)) if is_damage(&error) => {
                self.stick(&of, &error);
                None
            }
            Read::History(of, result) => result.map(|events| self.fetched(&of, events)).err(),
            Read::Rewinding(of, Err(error)) if is_damage(&error) => {
                self.can_not_rewind(&of, &error);
                None
            }
            Read::Rewinding(of, result) => result.map(|past| self.rewind(&of, &past)).err(),
            Read::Activities(_, Err(error)) if is_damage(&error) => {
                tracing::error!(%error, "open activities can't be read; they are left alone");
                self.activities.unreadable();
                None
            }
            Read::Activity(id, Err(error)) if is_damage(&error) => {
                tracing::error!(%error, task = id, "an activity can't be read; it is left alone");
                self.activities.leave(id);
                None
            }
            Read::Timers(Err(error)) if is_damage(&error) => {
                tracing::error!(%error, "timers can't be read; they are left alone");
                self.timers.unreadable();
                None
            }
            Read::Activities(limit, result) => {
                result.map(|tasks| self.activities.read(tasks, limit)).err()
            }
            Read::Activity(id, result) => result
                .map(|task| self.activities.retry(id, task.filter(|task| task.id == id)))
                .err(),
            Read::Timers(result) => result.map(|timers| self.timers.read(timers)).err(),
            Read::Targets(token, result) => result.map(|targets| self.found(token, targets)).err(),
        };
        if let Some(error) = failed {
            self.fail(&error);
        }
    }

    /// An instance can't be read: it stays as it is in the store, and only it. What came for it is
    /// written; who asks is told.
    pub(super) fn leave_alone(&mut self, id: &InstanceId, error: &StoreError) {
        tracing::error!(instance = %id, %error, "an instance can't be read; it is left alone");
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        let State::Loading(arrived) = &mut resident.state else {
            return;
        };
        let (mut messages, mut requests) = (Vec::new(), Vec::new());
        for arrived in std::mem::take(arrived) {
            match arrived {
                Arrived::Message(message) => messages.push(message),
                Arrived::Request(request) => requests.push(request),
            }
        }
        resident.state = State::Unreadable(messages);
        let reason = error.to_string();
        for request in requests {
            request.ask.refuse(unreadable(id, &reason));
        }
        self.shared.is_unreadable(id, reason);
        self.settle(id);
    }

    /// The history of an instance can't be read: it does not go on, but can be ended or replaced.
    fn stick(&mut self, fetching: &Fetching, error: &StoreError) {
        let id = &fetching.id;
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        if resident.doing != Doing::Fetching(fetching.token) {
            return;
        }
        let same = resident.live().and_then(Instance::orchestration);
        if same.is_none_or(|same| same.identity.execution_id != fetching.execution) {
            resident.doing = Doing::Nothing;
            self.make_ready(id);
            self.settle(id);
            return;
        }
        tracing::error!(
            instance = %id, %error,
            "a history can't be read; its instance stands still"
        );
        resident.doing = Doing::Stuck;
        self.shared.is_unreadable(id, error.to_string());
        self.settle(id);
    }

    /// The store has failed: nothing that is not durable is released, memory is dropped, and the
    /// store is opened again. What runs keeps running; the results of activities are taken
    /// afterwards.
    pub(super) fn fail(&mut self, error: &StoreError) {
        tracing::error!(%error, failures = self.failures + 1, "the store failed");
        self.clears.clear();
        self.forgotten = self.tokens;
        self.forget_all();
        if self.mode.is_draining() {
            self.mode = Mode::Expired;
            return;
        }
        let store = Arc::clone(&self.store);
        let delay = (self.failures > 0).then(|| self.runtime.sleep(retry_delay(self.failures)));
        self.failures += 1;
        self.shared.set_health(HubHealth::Failing {
            reason: error.to_string(),
            failures: self.failures,
        });
        self.mode = Mode::Opening(Box::pin(async move {
            if let Some(delay) = delay {
                delay.await;
            }
            store.open().await
        }));
    }

    /// Drops memory.
    pub(super) fn forget_all(&mut self) {
        self.residents.clear();
        self.ready.clear();
        self.ready_entities.clear();
        self.next_commit.clear();
        self.outbox.clear();
        self.open = OpenCommit::new(self.open.number + 1);
        self.writing = None;
        self.reads.clear();
        self.reads_awaited = 0;
        self.workers.stop_fetching();
        self.names.stop_fetching();
        self.shared.parked.clear();
        self.activities.reset();
        self.batches.cancel_all();
        self.timers = super::Timers::default();
        self.alarms.clear();
        self.scan = Scan::Done;
    }

    /// The store has been opened again, or not.
    pub(super) fn reopened(&mut self, result: Result<Opened, StoreError>) {
        match result {
            Err(error) => {
                self.mode = Mode::Serving;
                self.fail(&error);
            }
            Ok(opened) => {
                tracing::info!("the store is open again");
                self.mode = Mode::Serving;
                // Failures count on until a commit: a store that opens and then fails is not asked
                // ever faster.
                self.shared.set_health(HubHealth::Healthy);
                self.ids.next = self.ids.next.max(opened.next_id);
                self.durable = self.open.number - 1;
                self.durable_id = self.ids.next;
                if self.workers.is_empty() {
                    self.forgot_ready = true;
                } else {
                    self.scan = Scan::After(None);
                }
                self.cleared();
                for answer in std::mem::take(&mut self.deferred) {
                    self.answered(answer);
                }
            }
        }
    }

    /// Takes no more work; what runs may end until `deadline` is over.
    pub(super) fn drain(&mut self, deadline: Duration) {
        self.controls.close();
        self.mode = match self.mode {
            Mode::Opening(_) => Mode::Expired,
            _ => Mode::Draining(self.runtime.sleep(deadline)),
        };
    }

    /// The time for draining is over.
    pub(super) fn deadline(&mut self) {
        self.activities.cancel_all();
        self.batches.cancel_all();
        self.mode = Mode::Expired;
    }

    /// Whether nothing is left to do.
    pub(super) fn has_stopped(&self) -> bool {
        let quiet = self.out.ahead == 0
            && self.out.after == 0
            && self.activities.running() == 0
            && self.reads_awaited == 0;
        let done = self.writing.is_none() && self.open.is_empty();
        match self.mode {
            Mode::Draining(_) => quiet && done,
            Mode::Expired => done,
            Mode::Serving | Mode::Opening(_) => false,
        }
    }

    /// Lets go of everything.
    pub(super) async fn stop(mut self) {
        // Reads that nobody polls any more would keep the store from closing.
        self.reads.clear();
        self.store.close().await;
        self.shared.set_health(HubHealth::Stopped);
        if let Some(reply) = self.on_stopped.take() {
            // Whoever shut it down may have gone away.
            let _ = reply.send(());
        }
        let shared = Arc::clone(&self.shared);
        drop(self);
        shared.notify_all();
    }
}
