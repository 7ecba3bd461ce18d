//! Rewinding: an instance that has ended, its order, and its history, which has to be read first.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{ExecutionRewoundEvent, HistoryEvent};
use durable_task::{ClientError, ExecutionId, InstanceId, Status};

use super::hand_over::read_history;
use super::request::{Reply, invalid_state, unreadable};
use super::resident::Doing;
use super::shared::count;
use super::{Dispatcher, Read, env};
use crate::engine::{Delta, Instance, Message};
use crate::store::StoreError;

/// Whose history is read, to be rewound.
pub(super) struct Rewinding {
    pub(super) id: InstanceId,
    execution: ExecutionId,
    token: u64,
}

impl Dispatcher {
    /// Gives the order to rewind a failed instance. The answer comes when it goes on, durably.
    pub(super) fn order_rewind(
        &mut self,
        id: &InstanceId,
        reason: Option<String>,
        reply: Reply<()>,
    ) {
        let Some(instance) = self.residents.get(id).and_then(|resident| resident.live()) else {
            return;
        };
        let refused = match instance {
            Instance::Orchestration(orchestration) => match orchestration.status() {
                Status::Failed if !orchestration.wants_history() => None,
                Status::Failed => Some(invalid_state(id, "rewound", Status::Running)),
                status => Some(invalid_state(id, "rewound", status)),
            },
            _ => Some(ClientError::NotFound {
                instance: id.clone(),
            }),
        };
        if let Some(error) = refused {
            self.answer(id, reply, Err(error));
            return;
        }
        if let Some(resident) = self.residents.get(id) {
            resident.rewinds.push(reply);
        }
        let order = EventType::ExecutionRewound(ExecutionRewoundEvent {
            reason,
            instance_id: Some(id.to_string()),
            ..ExecutionRewoundEvent::default()
        });
        let message = Message::new(self.next_id(), id.clone(), self.now(), order);
        self.outbox.push_back(message);
        self.pump();
    }

    /// Tells those that wait for it to be rewound that it won't be: it is something else now.
    pub(super) fn refuse_rewinds(&mut self, id: &InstanceId, refused: &ClientError) {
        let resident = self.residents.get(id);
        let replies = resident.map(|resident| std::mem::take(&mut resident.rewinds));
        for reply in replies.into_iter().flatten() {
            self.answer(id, reply, Err(refused.clone()));
        }
    }

    /// Reads the history of an instance that is to be rewound, once all of it is durable: the
    /// commit that makes it so looks here again. Returns whether the instance is one.
    pub(super) fn look_at_order(&mut self, id: &InstanceId) -> bool {
        let durable = self.durable;
        let Some(resident) = self.residents.get(id) else {
            return false;
        };
        let changed = resident.changed;
        let Some(orchestration) = resident.live().and_then(Instance::orchestration) else {
            return false;
        };
        if !orchestration.wants_history() {
            return false;
        }
        let execution = orchestration.identity.execution_id.clone();
        if resident.doing != Doing::Nothing || changed > durable {
            return true;
        }
        self.tokens += 1;
        resident.doing = Doing::Fetching(self.tokens);
        count(&self.shared.counters.histories_loaded);
        let rewinding = Rewinding {
            id: id.clone(),
            execution: execution.clone(),
            token: self.tokens,
        };
        let id = id.clone();
        self.read(
            false,
            move |store| async move { read_history(&*store, &id, &execution).await },
            move |events| Read::Rewinding(rewinding, events),
        );
        true
    }

    /// The history has been read: it is rewound, if its instance still is what it was.
    pub(super) fn rewind(&mut self, of: &Rewinding, past: &[HistoryEvent]) {
        let (now, open) = (self.runtime.now(), self.open.number);
        let Some(resident) = self.residents.get(&of.id) else {
            return;
        };
        if resident.doing != Doing::Fetching(of.token) {
            return;
        }
        resident.doing = Doing::Nothing;
        resident.warm = None;
        let replies = std::mem::take(&mut resident.rewinds);
        let mut delta = Delta::default();
        let refused = match resident.live().and_then(Instance::orchestration) {
            None => Some(ClientError::NotFound {
                instance: of.id.clone(),
            }),
            Some(orchestration) => {
                let same = orchestration.identity.execution_id == of.execution;
                if same {
                    delta = orchestration.rewind(past, &mut env(&mut self.ids, &self.limits, now));
                }
                let status = orchestration.status();
                (!same || orchestration.is_ended())
                    .then(|| invalid_state(&of.id, "rewound", status))
            }
        };
        if !delta.is_empty() {
            resident.changed = open;
        }
        self.merge(&of.id, delta);
        self.pump();
        for reply in replies {
            self.answer(&of.id, reply, refused.clone().map_or(Ok(()), Err));
        }
        self.make_ready(&of.id);
        self.settle(&of.id);
    }

    /// The history can't be read: the instance stays as it is.
    pub(super) fn can_not_rewind(&mut self, of: &Rewinding, error: &StoreError) {
        let Some(resident) = self.residents.get(&of.id) else {
            return;
        };
        if resident.doing != Doing::Fetching(of.token) {
            return;
        }
        tracing::error!(
            instance = %of.id, %error,
            "a history can't be read; its instance is not rewound"
        );
        resident.doing = Doing::Stuck;
        for reply in std::mem::take(&mut resident.rewinds) {
            // Whoever asked may have gone away.
            let _ = reply.send(Err(unreadable(&of.id, &error.to_string())));
        }
        self.settle(&of.id);
    }
}
