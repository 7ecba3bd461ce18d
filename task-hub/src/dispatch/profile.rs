//! The workers, what each of them can run, and who gets the next item.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use durable_task::{Accepts, NameAndVersion, WorkHandler, WorkerProfile};

use super::settings::REMOTE_EVENTS_BYTES_MAX;
use crate::engine::newest;

/// How much is looked at to find that a worker brings no new code. Beyond, it is taken to bring
/// some.
const COVER_LOOKS_MAX: usize = 200_000;

/// A worker, from its attachment to its detachment. Never used twice in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WorkerId(pub(crate) u64);

/// What a work item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WorkKind {
    /// An episode of an orchestration.
    Orchestration,
    /// An activity.
    Activity,
    /// A batch of operations of an entity.
    Entity,
}

/// Who takes an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// No worker has code for it.
    Nobody,
    /// Those that have code are full.
    Busy,
    /// This one, now.
    Worker(WorkerId),
}

/// All attached workers.
#[derive(Default)]
pub(super) struct Workers {
    by_id: BTreeMap<WorkerId, Attached>,
    /// Counts items, so that workers with the same load take turns.
    turn: u64,
}

struct Attached {
    handler: Arc<dyn WorkHandler>,
    can: Can,
    episodes: Load,
    activities: Load,
    batches: Load,
    /// Episodes whose history is read for it.
    fetching: usize,
}

/// How much of one kind a worker has.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    out: usize,
    max: usize,
    /// When it got its last item.
    turn: u64,
}

/// What a worker can run.
struct Can {
    orchestrators: Names,
    activities: Names,
    /// Whether operations are synchronous, by name; `None`: it takes every entity.
    entities: Option<HashMap<String, bool>>,
    remote: bool,
    events_bytes_max: usize,
}

enum Names {
    Everything,
    Only(HashMap<String, Versions>),
}

enum Versions {
    All,
    These(Vec<String>),
}

impl Names {
    fn new(accepts: Accepts<NameAndVersion>) -> Self {
        let Accepts::Only(some) = accepts else {
            return Self::Everything;
        };
        let mut names: HashMap<String, Versions> = HashMap::new();
        for NameAndVersion { name, version } in some {
            let versions = names
                .entry(name)
                .or_insert_with(|| Versions::These(Vec::new()));
            match (versions, version) {
                (Versions::These(these), Some(version)) => these.push(version),
                (versions, _) => *versions = Versions::All,
            }
        }
        Self::Only(names)
    }

    /// Whether it accepts all that `other` does, of one line of a profile.
    fn covers(&self, other: &NameAndVersion) -> bool {
        match (&other.version, self) {
            (_, Self::Everything) => true,
            (Some(version), _) => self.accept(&other.name, version),
            (None, Self::Only(names)) => matches!(names.get(&other.name), Some(Versions::All)),
        }
    }

    fn accept(&self, name: &str, version: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(names) => match names.get(name) {
                Some(Versions::All) => true,
                Some(Versions::These(these)) => these.iter().any(|these| these == version),
                None => false,
            },
        }
    }
}

fn lines<T>(accepts: &Accepts<T>) -> usize {
    match accepts {
        Accepts::Everything => 1,
        Accepts::Only(only) => only.len(),
    }
}

impl Attached {
    fn new(handler: Arc<dyn WorkHandler>, profile: WorkerProfile) -> Self {
        let load = |max: usize| Load {
            max: max.max(1),
            ..Load::default()
        };
        Self {
            handler,
            episodes: load(profile.orchestrations_max),
            activities: load(profile.activities_max),
            batches: load(profile.entities_max),
            fetching: 0,
            can: Can {
                orchestrators: Names::new(profile.orchestrators),
                activities: Names::new(profile.activities),
                entities: match profile.entities {
                    Accepts::Everything => None,
                    Accepts::Only(some) => {
                        let by_name = some.into_iter().map(|some| (some.name, some.synchronous));
                        Some(by_name.collect())
                    }
                },
                remote: profile.remote,
                events_bytes_max: profile
                    .events_bytes_max
                    .map_or(REMOTE_EVENTS_BYTES_MAX, |max| {
                        max.min(REMOTE_EVENTS_BYTES_MAX)
                    }),
            },
        }
    }

    fn load(&mut self, kind: WorkKind) -> &mut Load {
        match kind {
            WorkKind::Orchestration => &mut self.episodes,
            WorkKind::Activity => &mut self.activities,
            WorkKind::Entity => &mut self.batches,
        }
    }

    fn accepts(&self, kind: WorkKind, name: &str, version: &str) -> bool {
        match kind {
            WorkKind::Orchestration => self.can.orchestrators.accept(name, version),
            WorkKind::Activity => self.can.activities.accept(name, version),
            WorkKind::Entity => match &self.can.entities {
                None => true,
                Some(by_name) => by_name.contains_key(name),
            },
        }
    }

    /// Its load, if there is room.
    fn room(&self, kind: WorkKind) -> Option<Load> {
        let load = match kind {
            WorkKind::Orchestration => Load {
                out: self.episodes.out + self.fetching,
                ..self.episodes
            },
            WorkKind::Activity => self.activities,
            WorkKind::Entity => self.batches,
        };
        (load.out < load.max && self.handler.has_room()).then_some(load)
    }
}

impl Load {
    /// The one with less to do, as a part of what it takes, comes first; then the one that got
    /// nothing for longer.
    fn compare(&self, other: &Self) -> Ordering {
        let (left, right) = (
            self.out.saturating_mul(other.max),
            other.out.saturating_mul(self.max),
        );
        left.cmp(&right).then(self.turn.cmp(&other.turn))
    }
}

impl Workers {
    pub(super) fn attach(
        &mut self,
        id: WorkerId,
        handler: Arc<dyn WorkHandler>,
        profile: WorkerProfile,
    ) {
        self.by_id.insert(id, Attached::new(handler, profile));
    }

    /// Whether those that are here have code for all that a worker with this profile has code for:
    /// then nothing that waits for code goes on because of it.
    pub(super) fn cover(&self, profile: &WorkerProfile) -> bool {
        let some = |covers: &dyn Fn(&Can) -> bool| self.by_id.values().any(|one| covers(&one.can));
        let names = |accepts: &Accepts<NameAndVersion>, names: fn(&Can) -> &Names| match accepts {
            Accepts::Everything => some(&|can| matches!(names(can), Names::Everything)),
            Accepts::Only(only) => only.iter().all(|line| some(&|can| names(can).covers(line))),
        };
        let lines =
            lines(&profile.orchestrators) + lines(&profile.activities) + lines(&profile.entities);
        // What came while nobody was here has not been looked at for any code.
        !self.is_empty()
            && lines.saturating_mul(self.by_id.len()) <= COVER_LOOKS_MAX
            && names(&profile.orchestrators, |can| &can.orchestrators)
            && names(&profile.activities, |can| &can.activities)
            && match &profile.entities {
                Accepts::Everything => some(&|can| can.entities.is_none()),
                Accepts::Only(only) => only.iter().all(|entity| {
                    some(&|can| {
                        let by_name = can.entities.as_ref();
                        by_name.is_none_or(|by_name| by_name.contains_key(&entity.name))
                    })
                }),
            }
    }

    /// Takes note of what it can run now. What it has stays with it.
    pub(super) fn update(&mut self, id: WorkerId, profile: WorkerProfile) {
        if let Some(worker) = self.by_id.get_mut(&id) {
            let before =
                std::mem::replace(worker, Attached::new(Arc::clone(&worker.handler), profile));
            worker.fetching = before.fetching;
            for (now, before) in [
                (&mut worker.episodes, before.episodes),
                (&mut worker.activities, before.activities),
                (&mut worker.batches, before.batches),
            ] {
                now.out = before.out;
                now.turn = before.turn;
            }
        }
    }

    pub(super) fn detach(&mut self, id: WorkerId) {
        self.by_id.remove(&id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn is_attached(&self, id: WorkerId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// The version of an orchestration that was started without one: the newest that some worker
    /// names; none, if workers take it in every version; `None`, if nobody has code for it.
    pub(super) fn newest(&self, name: &str) -> Option<String> {
        let mut given = Vec::new();
        let mut any = false;
        for worker in self.by_id.values() {
            match &worker.can.orchestrators {
                Names::Everything => any = true,
                Names::Only(names) => match names.get(name) {
                    Some(Versions::All) => any = true,
                    Some(Versions::These(these)) => given.extend(these.iter().map(String::as_str)),
                    None => {}
                },
            }
        }
        let newest = newest(given).or(any.then_some(""));
        newest.map(str::to_owned)
    }

    /// Whether a worker has code for it. Without a version: for any.
    pub(super) fn have(&self, kind: WorkKind, name: &str, version: Option<&str>) -> bool {
        match (kind, version) {
            (WorkKind::Orchestration, None) => self.newest(name).is_some(),
            (kind, version) => self
                .by_id
                .values()
                .any(|worker| worker.accepts(kind, name, version.unwrap_or_default())),
        }
    }

    /// Who takes it: the one that is preferred, if it has room, else the one with the least load.
    pub(super) fn pick(
        &self,
        kind: WorkKind,
        name: &str,
        version: Option<&str>,
        preferred: Option<WorkerId>,
    ) -> Pick {
        let newest;
        let version = match (kind, version) {
            (WorkKind::Orchestration, None) => {
                newest = self.newest(name);
                match &newest {
                    Some(newest) => newest.as_str(),
                    None => return Pick::Nobody,
                }
            }
            (_, version) => version.unwrap_or_default(),
        };
        let mut best: Option<(WorkerId, Load)> = None;
        let mut pick = Pick::Nobody;
        for (id, worker) in &self.by_id {
            if !worker.accepts(kind, name, version) {
                continue;
            }
            pick = Pick::Busy;
            let Some(load) = worker.room(kind) else {
                continue;
            };
            if preferred == Some(*id) {
                return Pick::Worker(*id);
            }
            if best.is_none_or(|(_, best)| load.compare(&best) == Ordering::Less) {
                best = Some((*id, load));
            }
        }
        best.map_or(pick, |(id, _)| Pick::Worker(id))
    }

    /// Whether its work leaves the process.
    pub(super) fn is_remote(&self, id: WorkerId) -> bool {
        self.by_id.get(&id).is_some_and(|worker| worker.can.remote)
    }

    /// How many bytes of new events or operations an item for it carries, if more than one.
    pub(super) fn events_bytes_max(&self, id: WorkerId) -> usize {
        let worker = self.by_id.get(&id);
        worker.map_or(REMOTE_EVENTS_BYTES_MAX, |worker| {
            worker.can.events_bytes_max
        })
    }

    /// Whether operations of the entity run ahead of the store with this worker.
    pub(super) fn runs_ahead(&self, id: WorkerId, entity: &str) -> bool {
        self.by_id.get(&id).is_some_and(|worker| {
            let synchronous = worker.can.entities.as_ref();
            let synchronous = synchronous.and_then(|by_name| by_name.get(entity));
            !worker.can.remote && synchronous.copied().unwrap_or_default()
        })
    }

    /// Counts an item that is handed over, and says to whom.
    pub(super) fn give(&mut self, id: WorkerId, kind: WorkKind) -> Option<Arc<dyn WorkHandler>> {
        self.turn += 1;
        let turn = self.turn;
        let worker = self.by_id.get_mut(&id)?;
        let load = worker.load(kind);
        load.out += 1;
        load.turn = turn;
        Some(Arc::clone(&worker.handler))
    }

    /// An item is answered or given back.
    pub(super) fn returned(&mut self, id: WorkerId, kind: WorkKind) {
        if let Some(worker) = self.by_id.get_mut(&id) {
            let load = worker.load(kind);
            load.out = load.out.saturating_sub(1);
        }
    }

    /// Keeps room for an episode whose history is read.
    pub(super) fn fetching(&mut self, id: WorkerId) {
        if let Some(worker) = self.by_id.get_mut(&id) {
            worker.fetching += 1;
        }
    }

    /// The history is there, or will not come.
    pub(super) fn fetched(&mut self, id: WorkerId) {
        if let Some(worker) = self.by_id.get_mut(&id) {
            worker.fetching = worker.fetching.saturating_sub(1);
        }
    }

    /// No history comes any more.
    pub(super) fn stop_fetching(&mut self) {
        for worker in self.by_id.values_mut() {
            worker.fetching = 0;
        }
    }
}

#[cfg(test)]
mod tests;
