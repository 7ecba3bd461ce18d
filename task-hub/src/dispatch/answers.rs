//! Work items: answered by the worker, or given back.

use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{ActivityResponse, TaskCompletedEvent, TaskFailedEvent};
use durable_task::{InstanceId, Kept, WorkAnswer};

use super::parked::{Entry, ParkedItem, ParkedReason};
use super::profile::{WorkKind, WorkerId};
use super::resident::Doing;
use super::run_entities::entity_name;
use super::settings::given_back_max;
use super::shared::count;
use super::{Answer, Dispatcher, Item, env};
use crate::engine::{Closes, Instance, Message, bounded_response};

impl Dispatcher {
    /// A worker has answered.
    pub(super) fn answered(&mut self, answer: Answer) {
        if self.mode.is_opening() {
            self.deferred.push(answer);
            return;
        }
        let Answer {
            item,
            worker,
            said: answer,
            place,
            kept,
        } = answer;
        if let Some(place) = place {
            self.names.give_back(&place);
        }
        let is_lost = match &item {
            Item::Episode(_, handed) | Item::Batch(_, handed) => handed.token <= self.forgotten,
            Item::Activity(_) => false,
        };
        match item {
            Item::Episode(id, handed) => {
                *self.out.of(handed) -= 1;
                self.workers.returned(worker, WorkKind::Orchestration);
                self.episode_answered(&id, handed.token, worker, answer);
            }
            Item::Batch(id, handed) => {
                *self.out.of(handed) -= 1;
                self.workers.returned(worker, WorkKind::Entity);
                self.batches.ended(&id, handed.token);
                self.batch_answered(&id, handed.token, worker, answer);
            }
            Item::Activity(id) => {
                self.workers.returned(worker, WorkKind::Activity);
                self.activity_answered(id, worker, answer);
            }
        }
        // Dropped, it says that the answer is lost.
        if let Some(kept) = kept.filter(|_| !is_lost) {
            self.say_when_kept(kept);
        }
    }

    /// Tells whoever gave an answer when all that it led to is durable.
    fn say_when_kept(&mut self, kept: Kept) {
        self.pump();
        // Whoever answered may not want to know any more.
        if self.open.is_empty() && self.writing.is_none() {
            let _ = kept.send(());
        } else {
            self.open.kept.push(kept);
        }
    }

    fn episode_answered(
        &mut self,
        id: &InstanceId,
        token: u64,
        worker: WorkerId,
        answer: WorkAnswer,
    ) {
        let (now, open) = (self.runtime.now(), self.open.number);
        let resident = match self.residents.get(id) {
            Some(resident) if resident.doing == Doing::Out(token) => resident,
            _ => {
                tracing::debug!(instance = %id, "dropped the answer to an episode that is over");
                return;
            }
        };
        resident.doing = Doing::Nothing;
        let was_warm = std::mem::take(&mut resident.warm);
        let (response, warm) = match answer {
            WorkAnswer::Orchestrator { response, warm } if !response.requires_history => {
                (response, warm)
            }
            WorkAnswer::Orchestrator { .. } if was_warm.is_some() => {
                self.make_ready(id);
                self.settle(id);
                return;
            }
            other => {
                self.given_back(id, worker, &why(other));
                return;
            }
        };
        resident.attempts = 0;
        if self.shared.parked.len() > 0 {
            self.shared.parked.remove(&ParkedItem::Instance(id.clone()));
        }
        let is_attached = self.workers.is_attached(worker);
        let Some(orchestration) = resident.live().and_then(Instance::orchestration) else {
            return;
        };
        let delta = orchestration.apply(response, &mut env(&mut self.ids, &self.limits, now));
        let ended = orchestration.is_ended();
        resident.warm = (warm && !ended && is_attached).then_some(worker);
        if !delta.is_empty() {
            resident.changed = open;
        }
        count(&self.shared.counters.episodes);
        self.merge(id, delta);
        self.make_ready(id);
        // It may have ended while the worker had it.
        self.settle(id);
    }

    fn batch_answered(
        &mut self,
        id: &InstanceId,
        token: u64,
        worker: WorkerId,
        answer: WorkAnswer,
    ) {
        let (now, open) = (self.runtime.now(), self.open.number);
        let resident = match self.residents.get(id) {
            Some(resident) if resident.doing == Doing::Out(token) => resident,
            _ => {
                tracing::debug!(entity = %id, "dropped the answer to a batch that is over");
                // The next one may wait for the end of that.
                self.retry_instance(id);
                return;
            }
        };
        resident.doing = Doing::Nothing;
        let Some(entity) = resident.live().and_then(Instance::entity) else {
            return;
        };
        let result = match answer {
            WorkAnswer::Entity(result)
                if !result.results.is_empty() || result.failure_details.is_some() =>
            {
                result
            }
            other => {
                entity.put_back();
                self.given_back(id, worker, &why(other));
                return;
            }
        };
        let delta = entity.apply(result, &mut env(&mut self.ids, &self.limits, now));
        resident.attempts = 0;
        if self.shared.parked.len() > 0 {
            self.shared.parked.remove(&ParkedItem::Instance(id.clone()));
        }
        if !delta.is_empty() {
            resident.changed = open;
        }
        count(&self.shared.counters.entity_batches);
        self.merge(id, delta);
        self.make_ready(id);
        // It may have ended while the worker had it.
        self.settle(id);
    }

    fn activity_answered(&mut self, id: u64, worker: WorkerId, answer: WorkAnswer) {
        let response: ActivityResponse = match answer {
            WorkAnswer::Activity(response) => response,
            other => {
                let reason = why(other);
                if let Some((attempts, running)) = self.activities.abandoned(id) {
                    tracing::warn!(
                        task = id,
                        attempts,
                        reason,
                        "an activity was given back; it is tried again later"
                    );
                    let entry = Entry {
                        kind: WorkKind::Activity,
                        name: running.line.name.to_string(),
                        version: running.line.version.as_deref().map(str::to_owned),
                        reason: ParkedReason::GivenBack {
                            times: attempts,
                            reason,
                        },
                        instance: running.instance,
                    };
                    self.retry(ParkedItem::Activity(id), entry, worker, attempts);
                }
                return;
            }
        };
        let Some(running) = self.activities.answered(id) else {
            return;
        };
        if has_bug!(AnswerLost) && id.is_multiple_of(4) {
            return;
        }
        self.shared.parked.remove(&ParkedItem::Activity(id));
        let task_scheduled_id = running.task_id;
        let response = bounded_response(response, &self.limits.engine);
        let event = match response.failure_details {
            None => EventType::TaskCompleted(TaskCompletedEvent {
                task_scheduled_id,
                result: response.result,
            }),
            failure_details => EventType::TaskFailed(TaskFailedEvent {
                task_scheduled_id,
                failure_details,
            }),
        };
        let message = Message::new(self.next_id(), running.instance, self.now(), event)
            .for_execution(running.execution)
            .closing(Closes::Task(id));
        self.outbox.push_back(message);
    }

    /// Work of an instance was given back: it is tried again.
    pub(super) fn given_back(&mut self, id: &InstanceId, worker: WorkerId, reason: &str) {
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        resident.attempts = resident.attempts.saturating_add(1);
        resident.doing = Doing::Waits;
        let attempts = resident.attempts;
        let identity = resident.live().and_then(Instance::orchestration);
        let identity = identity.map(|orchestration| Arc::clone(&orchestration.identity));
        tracing::warn!(instance = %id, attempts, reason, "work was given back; it is tried again");
        let entry = Entry {
            kind: identity
                .as_ref()
                .map_or(WorkKind::Entity, |_| WorkKind::Orchestration),
            name: identity
                .as_ref()
                .map_or_else(|| entity_name(id).to_owned(), |of| of.name.clone()),
            version: identity.and_then(|identity| identity.version.clone()),
            reason: ParkedReason::GivenBack {
                times: attempts,
                reason: reason.to_owned(),
            },
            instance: id.clone(),
        };
        self.retry(ParkedItem::Instance(id.clone()), entry, worker, attempts);
    }

    /// Tries again what a worker gave back: at once if the worker is gone, since another one may do
    /// it, else later. What was given back too often waits until a worker comes.
    fn retry(&mut self, what: ParkedItem, entry: Entry, worker: WorkerId, attempts: u32) {
        let instance = entry.instance.clone();
        if attempts >= given_back_max() && self.shared.parked.add(what.clone(), entry) {
            tracing::error!(
                %instance, attempts,
                "work was given back too often; it waits until a worker is attached"
            );
            if matches!(what, ParkedItem::Instance(_)) {
                self.show_parked(&instance);
            }
        } else if self.workers.is_attached(worker) {
            self.retry_later(what, attempts);
        } else {
            self.retry_now(what);
        }
    }

    fn show_parked(&mut self, id: &InstanceId) {
        let now = self.runtime.now();
        let resident = self.residents.get(id);
        let orchestration = resident
            .and_then(|resident| resident.live())
            .and_then(Instance::orchestration);
        if let Some(orchestration) = orchestration {
            let delta = orchestration.park(true, &mut env(&mut self.ids, &self.limits, now));
            self.merge(id, delta);
        }
    }

    /// The time has come to try it again.
    pub(super) fn retry_instance(&mut self, id: &InstanceId) {
        if let Some(resident) = self.residents.get(id)
            && resident.doing == Doing::Waits
        {
            resident.doing = Doing::Nothing;
            self.make_ready(id);
            self.settle(id);
        }
    }
}

/// What a worker said about a work item that it did not do.
fn why(answer: WorkAnswer) -> String {
    match answer {
        WorkAnswer::Abandoned { reason } => reason,
        _ => String::from("the answer is not one to this work item"),
    }
}
