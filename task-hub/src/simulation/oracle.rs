//! What has to hold after every commit: the oracle reads what is durable, never what the hub
//! thinks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use durable_task::wire::proto::HistoryEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{ExecutionId, InstanceId, Status, Timestamp};

use super::disk::Disk;
use super::executor::Core;
use super::ledger;
use super::programs::EPHEMERAL;
use super::world::RETAINED;
use crate::engine::decode_chunk;
use crate::store::{Commit, CriticalSection, EntityLock, InstanceChange, LoadedBody};

/// Watches what becomes durable.
pub(super) struct Oracle {
    core: Arc<Core>,
    instances: BTreeMap<InstanceId, Seen>,
    entities: BTreeMap<InstanceId, SeenEntity>,
    /// External events in histories, by instance and payload, over all executions.
    raised: BTreeMap<(InstanceId, String), u32>,
    /// Instances that were purged or replaced at least once.
    removed: BTreeSet<InstanceId>,
}

/// What was durable of an instance after the last commit.
#[derive(Default)]
struct Seen {
    /// All executions, in order; the last one is current.
    executions: Vec<ExecutionId>,
    status: Option<Status>,
    chunks: Vec<Vec<u8>>,
    locks: Vec<CriticalSection>,
    /// When it ended, if it is one that is removed some time after.
    expires_after: Option<Timestamp>,
    facts: Facts,
}

/// What the current execution's history says.
#[derive(Default)]
struct Facts {
    scheduled: BTreeSet<i32>,
    finished: BTreeSet<i32>,
    timers: BTreeMap<i32, Timestamp>,
    fired: BTreeSet<i32>,
    granted: BTreeSet<String>,
    ends: u32,
}

#[derive(Default)]
struct SeenEntity {
    lock: Option<EntityLock>,
    state: Option<Arc<str>>,
}

/// What a commit is about.
pub(super) struct Touched {
    pub(super) instances: Vec<(InstanceId, InstanceChange)>,
    entities: Vec<InstanceId>,
    purged: Vec<InstanceId>,
}

impl Oracle {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: Arc::clone(core),
            instances: BTreeMap::new(),
            entities: BTreeMap::new(),
            raised: BTreeMap::new(),
            removed: BTreeSet::new(),
        }
    }

    pub(super) fn before(&mut self, commit: &Commit) -> Touched {
        self.core.trace(commit.instances.len() as u64, || {
            let names = commit.instances.iter().map(|write| {
                let (id, status) = (&write.identity.instance_id, write.step.status);
                format!("{id}={status:?}/{}", write.step.history.events)
            });
            let entities = commit.entities.iter().map(|write| {
                let held = write.lock.as_ref().map(|lock| lock.holder.as_str());
                format!("{}<{}", write.id, held.unwrap_or("free"))
            });
            let all: Vec<String> = names.chain(entities).collect();
            format!(
                "durable: {} (-{:?} messages, +{:?})",
                all.join(" "),
                commit.messages_removed,
                commit
                    .messages_added
                    .iter()
                    .map(|m| m.id)
                    .collect::<Vec<_>>()
            )
        });
        let instances = commit.instances.iter();
        Touched {
            instances: instances
                .map(|write| (write.identity.instance_id.clone(), write.change.clone()))
                .collect(),
            entities: commit
                .entities
                .iter()
                .map(|write| write.id.clone())
                .collect(),
            purged: commit.purged.clone(),
        }
    }

    /// Looks at what a commit has changed.
    pub(super) fn after(&mut self, disk: &Disk, touched: Touched) {
        for id in touched.purged {
            self.check_purge(&id);
            self.instances.remove(&id);
            self.entities.remove(&id);
            self.removed.insert(id);
        }
        for (id, change) in touched.instances {
            self.look_at_instance(disk, &id, &change);
        }
        for id in touched.entities {
            self.look_at_entity(disk, &id);
        }
        self.look_at_locks(disk);
    }

    fn look_at_instance(&mut self, disk: &Disk, id: &InstanceId, change: &InstanceChange) {
        let LoadedBody::Orchestration(row) = disk.load(id).body else {
            self.core
                .violated(|| format!("`{id}` was written and is not there"));
            return;
        };
        if matches!(change, InstanceChange::Create { .. }) && self.instances.remove(id).is_some() {
            self.removed.insert(id.clone());
        }
        let seen = self.instances.entry(id.clone()).or_default();
        let execution = &row.identity.execution_id;
        if seen.executions.last() != Some(execution) {
            seen.executions.push(execution.clone());
            seen.chunks.clear();
            seen.facts = Facts::default();
        }
        let chunks = disk.chunks(id);
        let core = &self.core;
        if !chunks.starts_with(&seen.chunks) {
            core.violated(|| format!("the history of `{id}` did not only grow"));
        }
        let was_ended = seen.status.is_some_and(Status::is_terminal);
        let status = row.step.status;
        if was_ended && *change == InstanceChange::Step && seen.status != Some(status) {
            core.violated(|| format!("`{id}` had ended as {:?} and is {status:?}", seen.status));
        }
        for chunk in chunks.iter().skip(seen.chunks.len()) {
            for event in decode_chunk(chunk).unwrap_or_default() {
                seen.facts.add(core, id, &event);
                if let Some(EventType::EventRaised(raised)) = event.event_type {
                    let payload = raised.input.unwrap_or_default();
                    *self.raised.entry((id.clone(), payload)).or_default() += 1;
                }
            }
        }
        seen.chunks = chunks;
        let ends = u32::from(status.is_terminal());
        if seen.facts.ends != ends {
            let found = seen.facts.ends;
            core.violated(|| format!("`{id}` is {status:?} with {found} terminal events"));
        }
        seen.status = Some(status);
        seen.expires_after = (row.identity.name == EPHEMERAL && status.is_terminal())
            .then(|| disk.instance(id)?.completed_at)
            .flatten();
        seen.locks.clone_from(&row.step.locks);
    }

    /// Nothing is removed that goes on, or has ended just now.
    fn check_purge(&self, id: &InstanceId) {
        let Some(seen) = self.instances.get(id) else {
            return;
        };
        if !seen.status.is_some_and(Status::is_terminal) {
            self.core
                .violated(|| format!("`{id}` is removed, and was {:?}", seen.status));
        }
        let due = seen.expires_after.map(|end| end.saturating_add(RETAINED));
        if due.is_some_and(|due| due > self.core.latest_wall()) {
            self.core
                .violated(|| format!("`{id}` is removed before {due:?}"));
        }
    }

    fn look_at_entity(&mut self, disk: &Disk, id: &InstanceId) {
        let LoadedBody::Entity(row) = disk.load(id).body else {
            self.entities.remove(id);
            return;
        };
        let seen = self.entities.entry(id.clone()).or_default();
        if ledger::name_of(id).is_some() {
            let (before, after) = (seen.state.as_deref(), row.state.as_deref());
            if let Err(problem) = ledger::check(before, after) {
                self.core.violated(|| format!("`{id}`: {problem}"));
            }
        }
        seen.lock = row.lock;
        seen.state = row.state;
    }

    /// A lock is held by an instance that goes on and knows of it, and an instance that was granted
    /// a lock has it, until the one or the other has said that it is over.
    fn look_at_locks(&self, disk: &Disk) {
        for (entity, seen) in &self.entities {
            let Some(lock) = &seen.lock else { continue };
            let holder = self.instances.get(&lock.holder);
            let known = holder.is_some_and(|holder| {
                let goes_on = holder.status.is_some_and(|status| !status.is_terminal());
                goes_on && holder.section(&lock.section, entity)
            });
            if !known && !is_releasing(disk, entity, &lock.section) {
                let status = holder.and_then(|holder| holder.status);
                self.core.violated(|| {
                    format!(
                        "`{entity}` is locked by `{}`, which is {status:?}",
                        lock.holder
                    )
                });
            }
        }
        for (id, seen) in &self.instances {
            let granted = |section: &&CriticalSection| seen.facts.granted.contains(&section.id);
            for section in seen.locks.iter().filter(granted) {
                for entity in &section.entities {
                    let entity = InstanceId::from_stored(entity.as_str());
                    let held = self.entities.get(&entity);
                    let lock = held.and_then(|held| held.lock.as_ref());
                    if lock.is_none_or(|lock| lock.section != section.id) {
                        self.core.violated(|| {
                            format!("`{id}` was granted `{entity}`, which is held as {lock:?}")
                        });
                    }
                }
            }
        }
    }

    /// Whether the instance has ever been durable, and not removed since.
    pub(super) fn knows(&self, id: &InstanceId) -> bool {
        self.instances.contains_key(id)
    }

    pub(super) fn was_removed(&self, id: &InstanceId) -> bool {
        self.removed.contains(id)
    }

    /// How many executions of the instance have been durable.
    pub(super) fn executions(&self, id: &InstanceId) -> usize {
        let seen = self.instances.get(id);
        seen.map_or(0, |seen| seen.executions.len())
    }

    /// The place of an execution in the life of its instance; `None` if it was never durable.
    pub(super) fn generation(&self, id: &InstanceId, execution: &ExecutionId) -> Option<usize> {
        let executions = &self.instances.get(id)?.executions;
        executions.iter().position(|known| known == execution)
    }

    /// Whether the result of an activity is durable.
    pub(super) fn is_finished(&self, id: &InstanceId, execution: &str, task: i32) -> bool {
        self.instances.get(id).is_some_and(|seen| {
            let current = seen.executions.last();
            current.is_some_and(|current| current.as_str() == execution)
                && seen.facts.finished.contains(&task)
        })
    }

    /// How often each attempt of a client's event is in the histories of an instance.
    pub(super) fn attempts(&self, id: &InstanceId, number: u64) -> Vec<u32> {
        let prefix = format!("[{number},");
        let from = self.raised.range((id.clone(), prefix.clone())..);
        let same = from.take_while(|((of, payload), _)| of == id && payload.starts_with(&prefix));
        same.map(|(_, times)| *times).collect()
    }

    /// How often an external event with this payload is in the histories of an instance.
    pub(super) fn raised(&self, id: &InstanceId, payload: &str) -> u32 {
        let key = (id.clone(), payload.to_owned());
        self.raised.get(&key).copied().unwrap_or(0)
    }
}

impl Seen {
    fn section(&self, id: &str, entity: &InstanceId) -> bool {
        self.locks.iter().any(|section| {
            let entities = &section.entities;
            section.id == id && entities.iter().any(|held| held == entity.as_str())
        })
    }
}

/// Whether the release of a lock waits for the entity.
fn is_releasing(disk: &Disk, entity: &InstanceId, section: &str) -> bool {
    disk.load(entity).messages.iter().any(|message| {
        let event = <HistoryEvent as prost::Message>::decode(message.event.as_slice());
        match event.ok().and_then(|event| event.event_type) {
            Some(EventType::EntityUnlockSent(unlock)) => unlock.critical_section_id == section,
            Some(EventType::EventRaised(raised)) => {
                raised.name == "release"
                    && raised.input.is_some_and(|input| input.contains(section))
            }
            _ => false,
        }
    })
}

impl Facts {
    fn add(&mut self, core: &Core, id: &InstanceId, event: &HistoryEvent) {
        let Some(kind) = &event.event_type else {
            return;
        };
        if self.ends > 0 && !matches!(kind, EventType::OrchestratorCompleted(_)) {
            core.violated(|| format!("`{id}` has an event after its end: {kind:?}"));
        }
        match kind {
            EventType::TaskScheduled(_) | EventType::SubOrchestrationInstanceCreated(_) => {
                let new = self.scheduled.insert(event.event_id);
                core.expect(new, || format!("`{id}` has task {} twice", event.event_id));
            }
            EventType::TaskCompleted(done) => self.finish(core, id, done.task_scheduled_id),
            EventType::TaskFailed(done) => self.finish(core, id, done.task_scheduled_id),
            EventType::SubOrchestrationInstanceCompleted(done) => {
                self.finish(core, id, done.task_scheduled_id);
            }
            EventType::SubOrchestrationInstanceFailed(done) => {
                self.finish(core, id, done.task_scheduled_id);
            }
            EventType::TimerCreated(timer) => {
                let at = timer.fire_at.map_or(Timestamp::EPOCH, Timestamp::from);
                self.timers.insert(event.event_id, at);
            }
            EventType::TimerFired(timer) => self.fire(core, id, timer.timer_id),
            EventType::EntityLockGranted(granted) => {
                let new = self.granted.insert(granted.critical_section_id.clone());
                core.expect(new, || format!("`{id}` was granted a lock twice"));
            }
            // A grant in the form of an event has the name of its section.
            EventType::EventRaised(raised) => drop(self.granted.insert(raised.name.clone())),
            EventType::ExecutionCompleted(_) => self.ends += 1,
            _ => {}
        }
    }

    fn finish(&mut self, core: &Core, id: &InstanceId, task: i32) {
        if !self.scheduled.contains(&task) {
            core.violated(|| format!("`{id}` has a result of task {task}, which it never began"));
        }
        if !self.finished.insert(task) {
            core.violated(|| format!("`{id}` has two results of task {task}"));
        }
    }

    fn fire(&mut self, core: &Core, id: &InstanceId, timer: i32) {
        match self.timers.get(&timer) {
            None => core.violated(|| format!("`{id}` never set timer {timer}, and it fired")),
            Some(at) if *at > core.latest_wall() => {
                core.violated(|| format!("timer {timer} of `{id}` fired before it was due"));
            }
            Some(_) => {}
        }
        if !self.fired.insert(timer) {
            core.violated(|| format!("timer {timer} of `{id}` fired twice"));
        }
    }
}
