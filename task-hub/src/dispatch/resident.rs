//! Which instances are in memory.
//!
//! An instance is in memory while something happens to it, while its changes are not durable, or
//! while it is worth remembering: because a worker holds its session, or because an entity may be
//! asked again soon. What is only remembered is bounded and goes first used, first forgotten.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use durable_task::{InstanceId, Status};

use super::profile::WorkerId;
use super::request::{Reply, Request};
use crate::engine::{Instance, Message};

/// How many orchestrations are remembered: about as many as a worker keeps sessions of.
const ORCHESTRATIONS_MAX: usize = 1_024;
/// How many entities are remembered.
const ENTITIES_MAX: usize = 4_096;
/// How many bytes of entity states are remembered.
const ENTITY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// One id in memory.
pub(super) struct Resident {
    pub(super) state: State,
    /// The last commit that it has a part in.
    pub(super) commit: u64,
    /// The last commit that changes its history or state.
    pub(super) changed: u64,
    /// What happens to it.
    pub(super) doing: Doing,
    /// The worker that said that it keeps the session.
    pub(super) warm: Option<WorkerId>,
    /// How often its work was given back in a row.
    pub(super) attempts: u32,
    /// How many episodes it had in that commit.
    pub(super) episodes: (u64, u32),
    /// The state of an entity as of the last commit that was closed.
    pub(super) written: Option<Arc<str>>,
    /// The status as of the last commit that was closed, if it was in one.
    pub(super) status: Option<Status>,
    /// Requests that wait until it is durable.
    pub(super) requests: Vec<Request>,
    /// Who waits for it to be rewound.
    pub(super) rewinds: Vec<Reply<()>>,
    /// Its place among those that are only remembered, and its bytes there.
    place: Option<(u64, usize)>,
}

/// What happens to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Nothing,
    /// It stands in a ready queue.
    Queued,
    /// Its history is being read, by this read.
    Fetching(u64),
    /// A worker has this work item of it.
    Out(u64),
    /// Its work was given back; it waits until it is tried again.
    Waits,
    /// Its history can't be read: it runs no more, but can be ended or replaced.
    Stuck,
}

/// Whether it has been read.
pub(super) enum State {
    /// It is being read; what came meanwhile, in order.
    Loading(Vec<Arrived>),
    /// It is here.
    Live(Instance),
    /// It can't be read; messages that must be written before it is left to the store.
    Unreadable(Vec<Message>),
}

/// What waits for an instance to be read.
pub(super) enum Arrived {
    Message(Message),
    Request(Request),
}

impl Resident {
    fn loading() -> Self {
        Self {
            state: State::Loading(Vec::new()),
            commit: 0,
            changed: 0,
            doing: Doing::Nothing,
            warm: None,
            attempts: 0,
            episodes: (0, 0),
            written: None,
            status: None,
            requests: Vec::new(),
            rewinds: Vec::new(),
            place: None,
        }
    }

    /// The instance, if it has been read.
    pub(super) fn live(&mut self) -> Option<&mut Instance> {
        match &mut self.state {
            State::Live(instance) => Some(instance),
            State::Loading(_) | State::Unreadable(_) => None,
        }
    }

    /// Counts an episode in a commit; returns how many it had before.
    pub(super) fn episodes_in(&mut self, commit: u64) -> u32 {
        if self.episodes.0 == commit {
            self.episodes.1
        } else {
            0
        }
    }

    /// Counts one more.
    pub(super) fn count_episode(&mut self, commit: u64) {
        self.episodes = (commit, self.episodes_in(commit) + 1);
    }

    /// Its instance has ended: what is to come under its id has nothing to do with what a worker
    /// still has of it, or gave back.
    pub(super) fn ended(&mut self) {
        if matches!(self.doing, Doing::Waits | Doing::Out(_)) {
            self.doing = Doing::Nothing;
        }
        self.warm = None;
        self.attempts = 0;
    }

    /// Whether all of it is durable and nobody has it or waits for it.
    fn is_idle(&self, durable: u64) -> bool {
        self.commit <= durable
            && self.requests.is_empty()
            && matches!(self.doing, Doing::Nothing | Doing::Queued)
    }

    fn bytes(&self) -> usize {
        self.written.as_ref().map_or(0, |state| state.len())
    }
}

/// All ids in memory.
#[derive(Default)]
pub(super) struct Residents {
    by_id: HashMap<InstanceId, Resident>,
    /// Those that are only remembered, by their places.
    orchestrations: BTreeMap<u64, InstanceId>,
    entities: BTreeMap<u64, InstanceId>,
    entity_bytes: usize,
    next_place: u64,
}

impl Residents {
    /// Whether it is in memory.
    pub(super) fn contains(&self, id: &InstanceId) -> bool {
        self.by_id.contains_key(id)
    }

    /// Its place in memory; `true` if it has to be read.
    pub(super) fn wake(&mut self, id: &InstanceId) -> (&mut Resident, bool) {
        let place = self.by_id.get_mut(id).and_then(|known| known.place.take());
        self.leave(id, place);
        let mut new = false;
        let resident = self.by_id.entry(id.clone()).or_insert_with(|| {
            new = true;
            Resident::loading()
        });
        (resident, new)
    }

    /// The one in memory.
    pub(super) fn get(&mut self, id: &InstanceId) -> Option<&mut Resident> {
        self.by_id.get_mut(id)
    }

    /// All ids, in order: a run is the same whenever it is repeated.
    pub(super) fn ids(&self) -> Vec<InstanceId> {
        let mut ids: Vec<InstanceId> = self.by_id.keys().cloned().collect();
        ids.sort_unstable();
        ids
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Forgets it.
    pub(super) fn forget(&mut self, id: &InstanceId) {
        let place = self.by_id.remove(id).and_then(|forgotten| forgotten.place);
        self.leave(id, place);
    }

    /// Gives up a place among those that are only remembered.
    fn leave(&mut self, id: &InstanceId, place: Option<(u64, usize)>) {
        if let Some((place, bytes)) = place {
            self.remembered(id).remove(&place);
            self.entity_bytes -= bytes;
        }
    }

    /// Those that are only remembered, of the same kind.
    fn remembered(&mut self, id: &InstanceId) -> &mut BTreeMap<u64, InstanceId> {
        if id.is_entity() {
            &mut self.entities
        } else {
            &mut self.orchestrations
        }
    }

    /// The first one that there is no room for.
    fn too_many(&self) -> Option<InstanceId> {
        let many_bytes = self.entity_bytes > ENTITY_BYTES_MAX;
        let first = if self.orchestrations.len() > ORCHESTRATIONS_MAX {
            self.orchestrations.first_key_value()
        } else if self.entities.len() > ENTITIES_MAX || many_bytes {
            self.entities.first_key_value()
        } else {
            None
        };
        first.map(|(_, id)| id.clone())
    }

    /// Keeps it as long as there is room. What is not durable, or busy, is never forgotten here: it
    /// only loses its place until it is settled again.
    pub(super) fn remember(&mut self, id: &InstanceId, durable: u64) {
        let Some(resident) = self.by_id.get_mut(id) else {
            return;
        };
        if resident.place.is_none() {
            let (place, bytes) = (self.next_place, resident.bytes());
            resident.place = Some((place, bytes));
            self.entity_bytes += bytes;
            self.next_place += 1;
            self.remembered(id).insert(place, id.clone());
        }
        while let Some(first) = self.too_many() {
            let (resident, _) = self.wake(&first);
            if resident.is_idle(durable) {
                self.forget(&first);
            }
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self {
            next_place: self.next_place,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DURABLE: u64 = 4;

    fn add(residents: &mut Residents, id: &str, commit: u64) -> InstanceId {
        let id = InstanceId::from_stored(format!("@state@{id}"));
        let (resident, _) = residents.wake(&id);
        resident.commit = commit;
        resident.written = Some("x".repeat(ENTITY_BYTES_MAX / 2).into());
        residents.remember(&id, DURABLE);
        id
    }

    #[test]
    fn the_first_used_is_forgotten_first() {
        let mut residents = Residents::default();
        let ids = ["a", "b", "c"].map(|id| add(&mut residents, id, DURABLE));
        assert_eq!(ids.map(|id| residents.contains(&id)), [false, true, true]);
        assert_eq!(residents.entity_bytes, ENTITY_BYTES_MAX);
    }

    #[test]
    fn orchestrations_and_entities_take_no_room_from_each_other() {
        let mut residents = Residents::default();
        for number in 0..2 * ENTITIES_MAX {
            for name in ["", "@state@"] {
                let id = InstanceId::from_stored(format!("{name}{number}"));
                residents.wake(&id);
                residents.remember(&id, DURABLE);
            }
        }
        assert_eq!(residents.len(), ORCHESTRATIONS_MAX + ENTITIES_MAX);
        assert_eq!(residents.orchestrations.len(), ORCHESTRATIONS_MAX);
        assert_eq!(residents.entities.len(), ENTITIES_MAX);
    }

    #[test]
    fn what_is_not_durable_or_busy_is_not_forgotten() {
        let busy: [fn(&mut Resident); 4] = [
            |resident| resident.commit = DURABLE + 1,
            |resident| resident.doing = Doing::Out(1),
            |resident| resident.doing = Doing::Fetching(1),
            |resident| resident.doing = Doing::Waits,
        ];
        for make_busy in busy {
            let mut residents = Residents::default();
            let first = add(&mut residents, "a", DURABLE);
            make_busy(residents.get(&first).unwrap());
            add(&mut residents, "b", DURABLE);
            add(&mut residents, "c", DURABLE);
            assert!(residents.contains(&first));
            assert_eq!(residents.len(), 3);
        }
    }

    #[test]
    fn a_state_that_grows_while_it_is_remembered_is_counted_as_it_was() {
        let mut residents = Residents::default();
        let id = add(&mut residents, "a", DURABLE);
        let state = "y".repeat(ENTITY_BYTES_MAX);
        residents.get(&id).unwrap().written = Some(state.into());
        residents.wake(&id);
        assert_eq!(residents.entity_bytes, 0);
        residents.remember(&id, DURABLE);
        residents.get(&id).unwrap().written = None;
        residents.forget(&id);
        assert_eq!(residents.entity_bytes, 0);
    }
}
