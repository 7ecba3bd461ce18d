//! Locks on entities, as the orchestration sees them.

use std::collections::BTreeSet;

use crate::EntityId;

/// Entities to lock together: in their order (which all orchestrations share, so that they can't
/// deadlock), each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockSet(BTreeSet<EntityId>);

impl LockSet {
    /// `None` if there is nothing to lock.
    pub(crate) fn new(entities: &[EntityId]) -> Option<Self> {
        let set: BTreeSet<EntityId> = entities.iter().cloned().collect();
        (!set.is_empty()).then_some(Self(set))
    }

    /// In the order in which they are locked.
    pub(super) fn iter(&self) -> impl Iterator<Item = &EntityId> {
        self.0.iter()
    }
}

/// At most one critical section is open at a time.
#[derive(Debug, Default)]
pub(super) struct CriticalSection {
    open: Option<Open>,
    /// Requested by futures that were dropped before the grant: to be released once granted.
    abandoned: Vec<(String, LockSet)>,
}

#[derive(Debug)]
struct Open {
    id: String,
    set: LockSet,
    granted: bool,
    /// Locked entities with a call that has no reply yet.
    busy: BTreeSet<EntityId>,
}

impl CriticalSection {
    fn granted(&self) -> Option<&Open> {
        self.open.as_ref().filter(|open| open.granted)
    }

    /// Whether a lock may be requested.
    pub(super) fn may_lock(&self) -> Result<(), String> {
        match &self.open {
            None => Ok(()),
            Some(_) => Err(String::from(
                "a lock can't be requested inside a critical section: lock all entities at once",
            )),
        }
    }

    /// Whether a sub-orchestration may be started.
    pub(super) fn may_start_child(&self) -> Result<(), String> {
        match self.granted() {
            None => Ok(()),
            Some(_) => Err(String::from(
                "a sub-orchestration can't be started inside a critical section: it could need \
                 the locked entities",
            )),
        }
    }

    /// Whether an entity may be signalled.
    pub(super) fn may_signal(&self, entity: &EntityId) -> Result<(), String> {
        match self.granted() {
            Some(open) if open.set.0.contains(entity) => Err(format!(
                "entity `{entity}` is locked by this orchestration: call it instead of signalling"
            )),
            _ => Ok(()),
        }
    }

    /// Whether an entity may be called.
    pub(super) fn may_call(&self, entity: &EntityId) -> Result<(), String> {
        let Some(open) = self.granted() else {
            return Ok(());
        };
        if !open.set.0.contains(entity) {
            return Err(format!(
                "entity `{entity}` can't be called inside a critical section that has not locked it"
            ));
        }
        if open.busy.contains(entity) {
            return Err(format!(
                "entity `{entity}` has an open call of this critical section: one at a time"
            ));
        }
        Ok(())
    }

    /// A call was sent.
    pub(super) fn call_sent(&mut self, entity: &EntityId) {
        if let Some(open) = &mut self.open
            && open.granted
        {
            open.busy.insert(entity.clone());
        }
    }

    /// A call was answered.
    pub(super) fn call_answered(&mut self, entity: &EntityId) {
        if let Some(open) = &mut self.open {
            open.busy.remove(entity);
        }
    }

    /// A lock was requested.
    pub(super) fn requested(&mut self, id: String, set: LockSet) {
        self.open = Some(Open {
            id,
            set,
            granted: false,
            busy: BTreeSet::new(),
        });
    }

    /// A lock was granted. Returns what has to be released at once, because nobody waits any more.
    pub(super) fn grant(&mut self, id: &str) -> Option<LockSet> {
        match &mut self.open {
            Some(open) if open.id == id => {
                open.granted = true;
                None
            }
            _ => {
                let place = self.abandoned.iter().position(|(other, _)| other == id)?;
                Some(self.abandoned.swap_remove(place).1)
            }
        }
    }

    /// Nobody waits for that lock any more.
    pub(super) fn abandon(&mut self, id: &str) {
        if let Some(open) = self.open.take_if(|open| open.id == id && !open.granted) {
            self.abandoned.push((open.id, open.set));
        }
    }

    /// Whether the critical section is open and this one.
    pub(super) fn is_granted(&self, id: &str) -> bool {
        self.granted().is_some_and(|open| open.id == id)
    }

    /// Leaves the critical section; returns what has to be released.
    pub(super) fn leave(&mut self) -> Option<(String, LockSet)> {
        let open = self.open.take_if(|open| open.granted)?;
        Some((open.id, open.set))
    }
}
