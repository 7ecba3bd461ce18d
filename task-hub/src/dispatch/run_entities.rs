//! Batches of entity operations: handed to workers.

use durable_task::{InstanceId, WorkRequest};
use tokio_util::sync::CancellationToken;

use super::parked::{Entry, ParkedItem, ParkedReason};
use super::profile::{Pick, WorkKind, WorkerId};
use super::resident::Doing;
use super::settings::COMMIT_EPISODES_PER_INSTANCE_MAX;
use super::{Dispatcher, Handed, Item};
use crate::engine::{Instance, Taking};

impl Dispatcher {
    /// Hands over batches of entity operations; the names take turns.
    pub(super) fn run_entities(&mut self) -> usize {
        let (mut ran, mut blocked) = (0, Vec::new());
        while !self.open.is_full()
            && let Some(line) = self.ready_entities.next()
        {
            let pick = self.pick(WorkKind::Entity, &line.name, None, None);
            if pick == Pick::Busy {
                blocked.push(line);
            } else if let Some(id) = self.ready_entities.pop(line) {
                ran += 1;
                self.run_entity(&id, pick);
            }
        }
        self.ready_entities.give_back(blocked);
        ran
    }

    fn run_entity(&mut self, id: &InstanceId, pick: Pick) {
        let (open, durable, durable_id) = (self.open.number, self.durable, self.durable_id);
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        if resident.doing != Doing::Queued {
            return;
        }
        resident.doing = Doing::Nothing;
        let (changed, episodes) = (resident.changed, resident.episodes_in(open));
        let Some(entity) = resident.live().and_then(Instance::entity) else {
            return;
        };
        if !entity.is_ready() {
            return;
        }
        let Pick::Worker(worker) = pick else {
            self.leave_entity(id);
            self.settle(id);
            return;
        };
        let ahead = self.workers.runs_ahead(worker, entity_name(id));
        if !ahead && self.batches.is_out(id) {
            // Its end takes it up again.
            resident.doing = Doing::Waits;
            return;
        }
        if ahead && episodes >= COMMIT_EPISODES_PER_INSTANCE_MAX {
            return self.wait_for_next_commit(id);
        }
        let limit = if ahead || self.workers.is_remote(worker) {
            self.limits.engine.entity_batch_max
        } else {
            1
        };
        let taking = if ahead {
            Taking::Everything
        } else if changed > durable {
            // The commit that it waits for makes it ready again.
            return;
        } else {
            Taking::Durable {
                before: durable_id,
                bytes_max: self.workers.events_bytes_max(worker),
            }
        };
        // The same holds for operations that are not durable.
        let Some(request) = entity.begin(limit, taking) else {
            return;
        };
        let callers = entity.callers();
        let request = WorkRequest::Entity { request, callers };
        self.give_batch(id, worker, ahead, request);
    }

    fn give_batch(&mut self, id: &InstanceId, worker: WorkerId, ahead: bool, request: WorkRequest) {
        self.tokens += 1;
        let handed = Handed {
            token: self.tokens,
            ahead,
        };
        let open = self.open.number;
        if let Some(resident) = self.residents.get(id) {
            resident.doing = Doing::Out(handed.token);
            if ahead {
                resident.count_episode(open);
            }
        }
        if ahead {
            self.open.episodes += 1;
        }
        *self.out.of(handed) += 1;
        let cancelled = if ahead {
            CancellationToken::new()
        } else {
            self.batches.begin(id, handed.token)
        };
        let place = self.names.take(WorkKind::Entity, entity_name(id));
        self.hand_over(
            worker,
            WorkKind::Entity,
            place,
            request,
            Item::Batch(id.clone(), handed),
            cancelled,
        );
    }

    /// Nobody has code for it.
    fn leave_entity(&mut self, id: &InstanceId) {
        tracing::warn!(entity = %id, "no worker has code for it; its operations wait");
        let entry = Entry {
            kind: WorkKind::Entity,
            name: entity_name(id).to_owned(),
            version: None,
            reason: ParkedReason::NoCode,
            instance: id.clone(),
        };
        self.shared
            .parked
            .add(ParkedItem::Instance(id.clone()), entry);
    }
}

/// The name of an entity, from its id.
pub(super) fn entity_name(id: &InstanceId) -> &str {
    let name = id.as_str().strip_prefix('@').unwrap_or_default();
    name.split_once('@').map_or("", |(name, _)| name)
}
