//! Requests of clients, once the instance that they are about is in memory.

use durable_task::wire::proto::EntityUnlockSentEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{ClientError, ExecutionId, InstanceId, Status, Timestamp};

use super::open_commit::any_status;
use super::request::{Ask, Reply, Request, invalid_state, unreadable};
use super::resident::{Arrived, Doing, State};
use super::{Dispatcher, env};
use crate::engine::{Instance, Message, Orchestration, StartOrder};
use crate::store::TimerRow;

impl Dispatcher {
    /// Deals with a request now, or when its instance has been read. While the store is being
    /// opened again it is refused.
    pub(super) fn ask(&mut self, request: Request) {
        if self.mode.is_opening() {
            // The asker learns that the hub is unavailable.
            return;
        }
        let Request { id, ask } = request;
        let ask = match ask {
            // Delayed signals need no entity.
            Ask::Signal {
                event,
                at: Some(at),
                reply,
            } if at > self.now() => {
                self.signal_later(id, event, at, reply);
                return;
            }
            ask => ask,
        };
        let (resident, new) = self.residents.wake(&id);
        match &mut resident.state {
            State::Loading(arrived) => {
                arrived.push(Arrived::Request(Request {
                    id: id.clone(),
                    ask,
                }));
                if new {
                    self.load(id);
                }
                return;
            }
            State::Unreadable(_) => {
                ask.refuse(unreadable(&id, "it could not be read a moment ago"));
                return;
            }
            State::Live(_) => {}
        }
        match ask {
            Ask::Start { order, reply } => self.start(&id, order, reply),
            Ask::Send {
                event,
                operation,
                reply,
            } => self.send(&id, event, operation, reply),
            Ask::Signal { event, reply, .. } => self.signal(&id, event, reply),
            Ask::Release { section, reply } => self.release(&id, section, reply),
            Ask::Rewind { reason, reply } => self.order_rewind(&id, reason, reply),
            Ask::Purge { reply } => self.purge(&id, reply),
        }
        self.pump();
        self.settle(&id);
    }

    /// Answers when all that the answer is based on is durable: at once, or with the open commit.
    pub(super) fn answer<T: Send + 'static>(
        &mut self,
        id: &InstanceId,
        reply: Reply<T>,
        answer: Result<T, ClientError>,
    ) {
        let durable = self.durable;
        let ahead = self
            .residents
            .get(id)
            .is_some_and(|resident| resident.commit > durable);
        if ahead && !has_bug!(RefusedAhead) {
            self.open.touch(id);
            if let Some(resident) = self.residents.get(id) {
                resident.commit = self.open.number;
            }
            self.open.effects.push(Box::new(move || {
                // The asker may have gone away.
                let _ = reply.send(answer);
            }));
        } else {
            let _ = reply.send(answer);
        }
    }

    fn start(&mut self, id: &InstanceId, mut order: StartOrder, reply: Reply<ExecutionId>) {
        let now = self.runtime.now();
        let Some(instance) = self.residents.get(id).and_then(|resident| resident.live()) else {
            return;
        };
        let mut surroundings = env(&mut self.ids, &self.limits, now);
        let mut ended = None;
        if let Instance::Orchestration(orchestration) = instance {
            if order.execution_id.as_ref() == Some(&orchestration.identity.execution_id) {
                let again = ClientError::Invalid {
                    field: "execution_id",
                    problem: String::from("it is the one of the instance that is to be replaced"),
                };
                self.answer(id, reply, Err(again));
                return;
            }
            if !order.replace.contains(&orchestration.status()) {
                let exists = ClientError::AlreadyExists {
                    instance: id.clone(),
                };
                self.answer(id, reply, Err(exists));
                return;
            }
            if !orchestration.is_ended() {
                ended = Some(orchestration.end_for_replacement(&mut surroundings));
            }
            order.replace = any_status();
        }
        let (orchestration, delta) = Orchestration::start(id.clone(), order, &mut surroundings);
        let execution = orchestration.identity.execution_id.clone();
        *instance = Instance::Orchestration(Box::new(orchestration));
        if let Some(resident) = self.residents.get(id) {
            resident.warm = None;
            resident.doing = Doing::Nothing;
        }
        self.shared.is_readable(id);
        if let Some(ended) = ended {
            self.merge(id, ended);
        }
        self.merge(id, delta);
        self.refuse_rewinds(id, &invalid_state(id, "rewound", Status::Pending));
        self.make_ready(id);
        self.answer(id, reply, Ok(execution));
    }

    fn send(
        &mut self,
        id: &InstanceId,
        event: EventType,
        operation: Option<&'static str>,
        reply: Reply<()>,
    ) {
        let Some(instance) = self.residents.get(id).and_then(|resident| resident.live()) else {
            return;
        };
        let backlog = instance.backlog();
        let refused = match instance {
            Instance::Orchestration(orchestration) => {
                let status = orchestration.status();
                let refused = operation.filter(|_| !fits(&event, status));
                refused.map(|operation| invalid_state(id, operation, status))
            }
            _ => Some(ClientError::NotFound {
                instance: id.clone(),
            }),
        };
        // Ending and resuming must be possible also when too much waits.
        let refused = refused.or_else(|| match operation {
            None => self.over_backlog(backlog),
            Some(_) => None,
        });
        if let Some(error) = refused {
            self.answer(id, reply, Err(error));
            return;
        }
        let message = Message::new(self.next_id(), id.clone(), self.now(), event);
        if !has_bug!(EventNotTaken) || !message.id.is_multiple_of(4) {
            self.outbox.push_back(message);
        }
        self.pump();
        self.answer(id, reply, Ok(()));
    }

    /// Releases the lock of a critical section.
    fn release(&mut self, id: &InstanceId, section: String, reply: Reply<bool>) {
        let Some(instance) = self.residents.get(id).and_then(|resident| resident.live()) else {
            return;
        };
        let lock = instance.entity().and_then(|entity| entity.lock());
        let held = lock.is_some_and(|lock| lock.section == section);
        if held {
            let event = EventType::EntityUnlockSent(EntityUnlockSentEvent {
                critical_section_id: section,
                parent_instance_id: None,
                target_instance_id: Some(id.to_string()),
            });
            let message = Message::new(self.next_id(), id.clone(), self.now(), event);
            self.outbox.push_back(message);
            self.pump();
        }
        self.answer(id, reply, Ok(held));
    }

    fn over_backlog(&self, backlog: usize) -> Option<ClientError> {
        let max = self.limits.messages_per_instance_max;
        (backlog >= max).then_some(ClientError::Limit {
            limit: "messages_per_instance_max",
            value: max as u64,
        })
    }

    fn signal(&mut self, id: &InstanceId, event: EventType, reply: Reply<()>) {
        let backlog = self
            .residents
            .get(id)
            .and_then(|resident| resident.live())
            .map_or(0, |instance| instance.backlog());
        if let Some(error) = self.over_backlog(backlog) {
            self.answer(id, reply, Err(error));
            return;
        }
        let message = Message::new(self.next_id(), id.clone(), self.now(), event);
        self.outbox.push_back(message);
        self.pump();
        self.answer(id, reply, Ok(()));
    }

    fn signal_later(&mut self, id: InstanceId, event: EventType, at: Timestamp, reply: Reply<()>) {
        let message = Message::new(self.next_id(), id, self.now(), event);
        let row = message.to_row();
        let timer = TimerRow {
            id: row.id,
            target: row.target,
            execution: None,
            timer_id: None,
            fire_at: at,
            sender: None,
            event: Some(row.event),
        };
        self.timers.insert(timer.clone(), self.open.number);
        self.open.timers_opened.insert(timer.id, timer);
        self.open.effects.push(Box::new(move || {
            let _ = reply.send(Ok(()));
        }));
    }

    /// Removes what has ended and is durable; waits for the latter.
    fn purge(&mut self, id: &InstanceId, reply: Reply<()>) {
        let durable = self.durable;
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        let dirty = resident.commit > durable;
        let Some(instance) = resident.live() else {
            return;
        };
        let refused = match instance {
            Instance::Absent(_) => Some(ClientError::NotFound {
                instance: id.clone(),
            }),
            Instance::Orchestration(orchestration) if !orchestration.is_ended() => {
                Some(invalid_state(id, "purged", orchestration.status()))
            }
            Instance::Entity(entity) if entity.lock().is_some() || entity.backlog() > 0 => {
                Some(invalid_state(id, "purged", Status::Running))
            }
            Instance::Entity(entity) if entity.state().is_none() => Some(ClientError::NotFound {
                instance: id.clone(),
            }),
            _ => None,
        };
        match refused {
            Some(error) => self.answer(id, reply, Err(error)),
            None if dirty => resident.requests.push(Request {
                id: id.clone(),
                ask: Ask::Purge { reply },
            }),
            None => {
                *instance = Instance::absent(id.clone(), self.runtime.now());
                resident.written = None;
                resident.warm = None;
                resident.commit = self.open.number;
                self.open.touch(id);
                self.open.purged.push(id.clone());
                let instance = id.clone();
                self.refuse_rewinds(id, &ClientError::NotFound { instance });
                self.answer(id, reply, Ok(()));
            }
        }
    }
}

/// Whether an instance in this status takes such a message.
fn fits(event: &EventType, status: Status) -> bool {
    match event {
        EventType::ExecutionSuspended(_) => !status.is_terminal() && status != Status::Suspended,
        EventType::ExecutionResumed(_) => status == Status::Suspended,
        _ => !status.is_terminal(),
    }
}
