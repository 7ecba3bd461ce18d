//! Messages on their way, and what the engine makes of them.

use std::collections::HashSet;

use durable_task::InstanceId;
use durable_task::wire::proto::TimerFiredEvent;
use durable_task::wire::proto::history_event::EventType;

use super::open_commit::timer_key;
use super::parked::ParkedItem;
use super::resident::{Arrived, Doing, State};
use super::run_entities::entity_name;
use super::shared::count;
use super::{Dispatcher, Read, env};
use crate::engine::{Closes, Delta, Instance, Message};
use crate::store::{Loaded, MessageRow, TimerRow};

impl Dispatcher {
    /// Delivers messages until none is on its way.
    pub(super) fn pump(&mut self) {
        while let Some(message) = self.outbox.pop_front() {
            self.accept(message);
        }
    }

    fn accept(&mut self, message: Message) {
        let target = message.target.clone();
        let now = self.runtime.now();
        let (resident, new) = self.residents.wake(&target);
        resident.commit = self.open.number;
        self.open.touch(&target);
        match &mut resident.state {
            State::Loading(arrived) => arrived.push(Arrived::Message(message)),
            State::Unreadable(messages) => messages.push(message),
            State::Live(instance) => {
                let delta = instance.receive(message, &mut env(&mut self.ids, &self.limits, now));
                if resident.doing == Doing::Stuck {
                    // It may have been replaced; else its history is tried once more.
                    resident.doing = Doing::Nothing;
                }
                self.merge(&target, delta);
                self.make_ready(&target);
            }
        }
        if new {
            self.load(target);
        }
    }

    /// Reads an instance that has just been put in.
    pub(super) fn load(&mut self, id: InstanceId) {
        count(&self.shared.counters.instances_loaded);
        let asked = id.clone();
        self.read(
            true,
            move |store| async move { store.load(&asked).await },
            move |loaded| Read::Instance(id, loaded),
        );
    }

    /// Takes in a delta: into the open commit, the window of timers, and the outbox.
    pub(super) fn merge(&mut self, id: &InstanceId, mut delta: Delta) {
        for why in delta.dropped.drain(..) {
            count(&self.shared.counters.messages_dropped);
            tracing::debug!(instance = %id, ?why, "dropped a message");
        }
        if delta.is_empty() {
            return;
        }
        // What a message causes comes before the next message: a lock that is passed on can't be
        // overtaken by its withdrawal.
        for message in delta.messages.drain(..).rev() {
            self.outbox.push_front(message);
        }
        for task in delta.tasks_cancelled.drain(..) {
            self.shared.parked.remove(&ParkedItem::Activity(task));
            if let Some(token) = self.activities.cancel(task, self.open.number) {
                self.open.effects.push(Box::new(move || token.cancel()));
            }
        }
        for timer in &delta.timers_opened {
            self.timers.insert(timer.clone(), self.open.number);
        }
        for key in &delta.timers_closed {
            self.timers.remove(key);
        }
        if let Some(resident) = self.residents.get(id) {
            resident.commit = self.open.number;
            if delta.end.is_some() {
                resident.ended();
            }
        }
        if delta.end.is_some() {
            self.shared.parked.remove(&ParkedItem::Instance(id.clone()));
        }
        self.open.absorb(id, &mut delta);
    }

    /// Puts it into the ready queue if it may have something to do.
    pub(super) fn make_ready(&mut self, id: &InstanceId) {
        if self.look_at_order(id) {
            return;
        }
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        // Without a worker it is looked at again when one comes.
        if resident.doing != Doing::Nothing || self.workers.is_empty() {
            return;
        }
        if resident
            .live()
            .is_some_and(|instance| instance.is_ready() || instance.is_running())
        {
            resident.doing = Doing::Queued;
            self.queue(id.clone());
        }
    }

    /// Puts it into the line for what it is.
    pub(super) fn queue(&mut self, id: InstanceId) {
        match self.residents.get(&id).and_then(|resident| resident.live()) {
            Some(Instance::Orchestration(orchestration)) => {
                let identity = &orchestration.identity;
                self.ready
                    .push(&identity.name, identity.version.as_deref(), id);
            }
            Some(Instance::Entity(_)) => {
                let entity = entity_name(&id).to_owned();
                self.ready_entities.push(&entity, None, id);
            }
            Some(Instance::Absent(_)) | None => {}
        }
    }

    /// An instance has been read: what waited in the store and what came meanwhile is dealt with in
    /// its order.
    pub(super) fn loaded(&mut self, id: &InstanceId, loaded: Loaded) {
        let now = self.runtime.now();
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        let State::Loading(arrived) = &mut resident.state else {
            return;
        };
        let arrived = std::mem::take(arrived);
        let stored: Result<Vec<Message>, _> =
            loaded.messages.into_iter().map(Message::from_row).collect();
        let mut messages = match stored {
            Ok(stored) => stored,
            Err(error) => {
                resident.state = State::Loading(arrived);
                self.leave_alone(id, &error);
                return;
            }
        };
        let (mut fresh, mut requests) = (Vec::new(), Vec::new());
        for arrived in arrived {
            match arrived {
                Arrived::Message(message) => fresh.push(message),
                Arrived::Request(request) => requests.push(request),
            }
        }
        // What was written while it was read may have come with the read as well.
        let known: HashSet<u64> = fresh.iter().map(|message| message.id).collect();
        messages.retain(|stored| !known.contains(&stored.id));
        messages.append(&mut fresh);
        let mut instance = Instance::from_body(id.clone(), loaded.body, now);
        if let Some(entity) = instance.entity() {
            resident.written = entity.state().cloned();
        }
        let mut env = env(&mut self.ids, &self.limits, now);
        let deltas = instance.receive_all(messages, &mut env);
        resident.state = State::Live(instance);
        self.shared.is_readable(id);
        for delta in deltas {
            self.merge(id, delta);
            self.pump();
        }
        for request in requests {
            self.ask(request);
        }
        self.make_ready(id);
        self.settle(id);
    }

    /// A timer is due: it becomes a message.
    pub(super) fn fire(&mut self, timer: TimerRow) {
        let closes = Closes::Timer(timer.fire_at, timer.id);
        debug_assert_eq!(timer_key(&timer), (timer.fire_at, timer.id));
        let message = match (timer.timer_id, timer.event) {
            (Some(timer_id), _) => {
                let fired = EventType::TimerFired(TimerFiredEvent {
                    fire_at: Some(timer.fire_at.into()),
                    timer_id,
                });
                let mut message =
                    Message::new(self.next_id(), timer.target, self.now(), fired).closing(closes);
                message.execution = timer.execution;
                message
            }
            (None, event) => {
                let row = MessageRow {
                    id: self.next_id(),
                    target: timer.target,
                    execution: timer.execution,
                    sender: timer.sender,
                    event: event.unwrap_or_default(),
                };
                match Message::from_row(row) {
                    Ok(message) => Message {
                        stored: false,
                        ..message
                    }
                    .closing(closes),
                    Err(error) => {
                        tracing::error!(
                            %error,
                            "a delayed message can't be read; it is left alone"
                        );
                        return;
                    }
                }
            }
        };
        self.outbox.push_back(message);
    }

    pub(super) fn next_id(&mut self) -> u64 {
        use crate::engine::IdSource as _;
        self.ids.row()
    }

    /// Forgets an instance that has nothing to do and is durable, or keeps what is worth
    /// remembering.
    pub(super) fn settle(&mut self, id: &InstanceId) {
        let durable = self.durable;
        let has_code = self.has_code(id);
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        if resident.commit > durable || !resident.requests.is_empty() {
            return;
        }
        match (&resident.state, resident.doing) {
            (State::Unreadable(_), _) | (_, Doing::Stuck) => {
                self.residents.forget(id);
                return;
            }
            (_, Doing::Nothing | Doing::Queued) => {}
            _ => return,
        }
        let warm = resident.warm.is_some();
        let Some(instance) = resident.live() else {
            return;
        };
        if instance.is_running() || (instance.is_ready() && has_code) {
            return;
        }
        // It has ended, and an order to rewind it waits, which is looked at next.
        if instance
            .orchestration()
            .is_some_and(|orchestration| orchestration.wants_history())
        {
            return;
        }
        self.forgot_ready |= instance.is_ready();
        let keep = match instance {
            Instance::Absent(_) => false,
            Instance::Orchestration(orchestration) => warm && !orchestration.is_ended(),
            Instance::Entity(entity) => entity.state().is_some() || entity.lock().is_some(),
        };
        if keep {
            instance.rest();
            self.residents.remember(id, durable);
        } else {
            self.residents.forget(id);
        }
    }
}
