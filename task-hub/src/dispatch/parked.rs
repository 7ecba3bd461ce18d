//! Work that waits for a worker to come: nobody has code for it, or it was given back too often.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use durable_task::InstanceId;

use super::profile::WorkKind;

/// How much parked work is shown; more waits in the same way.
const PARKED_MAX: usize = 10_000;

/// Work of one name that waits until a worker is attached or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parked {
    /// What it is.
    pub kind: WorkKind,
    /// Its name.
    pub name: String,
    /// Its version, if it has been started with one.
    pub version: Option<String>,
    /// Why it waits.
    pub reason: ParkedReason,
    /// How many items are known to wait.
    pub items: usize,
    /// One of the instances or entities that wait for it.
    pub instance: InstanceId,
}

/// Why work waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ParkedReason {
    /// No attached worker has code for its name and version.
    NoCode,
    /// Workers gave it back, or died with it, so many times in a row. It is tried again when a
    /// worker is attached.
    GivenBack {
        /// How often.
        times: u32,
        /// What the last worker said.
        reason: String,
    },
}

/// One item that waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ParkedItem {
    /// An episode or a batch.
    Instance(InstanceId),
    /// An open activity.
    Activity(u64),
}

/// What is known of it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) kind: WorkKind,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) reason: ParkedReason,
    pub(super) instance: InstanceId,
}

/// All that is known to wait.
#[derive(Debug, Default)]
pub(super) struct ParkedItems {
    entries: Mutex<Entries>,
    /// How many there are: mostly none.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Entries {
    by_item: BTreeMap<ParkedItem, Entry>,
    /// How many activities of an instance wait.
    by_instance: HashMap<InstanceId, usize>,
}

impl Entries {
    fn remove(&mut self, item: &ParkedItem) {
        let Some(entry) = self.by_item.remove(item) else {
            return;
        };
        if let Some(count) = self.by_instance.get_mut(&entry.instance) {
            *count -= 1;
            if *count == 0 {
                self.by_instance.remove(&entry.instance);
            }
        }
    }
}

impl ParkedItems {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing that holds this lock can panic half-way.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self, entries: &Entries) {
        self.count.store(entries.by_item.len(), Ordering::Relaxed);
    }

    /// Adds one; returns whether it is in the list.
    pub(super) fn add(&self, item: ParkedItem, entry: Entry) -> bool {
        let mut entries = self.entries();
        entries.remove(&item);
        let room = entries.by_item.len() < PARKED_MAX;
        if room {
            *entries
                .by_instance
                .entry(entry.instance.clone())
                .or_default() += 1;
            entries.by_item.insert(item, entry);
        }
        self.changed(&entries);
        room
    }

    /// One waits no more.
    pub(super) fn remove(&self, item: &ParkedItem) {
        if self.len() > 0 {
            let mut entries = self.entries();
            entries.remove(item);
            self.changed(&entries);
        }
    }

    /// What is to be tried again, since there is a worker more, and how often it was given back.
    pub(super) fn given_back(&self) -> Vec<(ParkedItem, u32)> {
        if self.len() == 0 {
            return Vec::new();
        }
        let entries = self.entries();
        let given_back = entries.by_item.iter().filter_map(|(item, entry)| {
            let ParkedReason::GivenBack { times, .. } = entry.reason else {
                return None;
            };
            Some((item.clone(), times))
        });
        given_back.collect()
    }

    /// Forgets what has no code, since there is new code, and returns what is to be tried again.
    pub(super) fn look_again(&self) -> Vec<(ParkedItem, u32)> {
        if self.len() == 0 {
            return Vec::new();
        }
        let mut entries = self.entries();
        let gone: Vec<ParkedItem> = entries
            .by_item
            .iter()
            .filter(|(_, entry)| entry.reason == ParkedReason::NoCode)
            .map(|(item, _)| item.clone())
            .collect();
        for item in &gone {
            entries.remove(item);
        }
        self.changed(&entries);
        drop(entries);
        self.given_back()
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        let mut entries = self.entries();
        *entries = Entries::default();
        self.changed(&entries);
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether something of the instance waits.
    pub(super) fn has(&self, instance: &InstanceId) -> bool {
        self.len() > 0 && self.entries().by_instance.contains_key(instance)
    }

    /// What waits, by name.
    pub(super) fn list(&self) -> Vec<Parked> {
        let mut list: BTreeMap<_, Parked> = BTreeMap::new();
        for entry in self.entries().by_item.values() {
            let key = (
                entry.kind,
                entry.name.clone(),
                entry.version.clone(),
                entry.reason.clone(),
            );
            let parked = list.entry(key).or_insert_with(|| Parked {
                kind: entry.kind,
                name: entry.name.clone(),
                version: entry.version.clone(),
                reason: entry.reason.clone(),
                items: 0,
                instance: entry.instance.clone(),
            });
            parked.items += 1;
        }
        list.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, instance: &str, reason: ParkedReason) -> Entry {
        Entry {
            kind: WorkKind::Activity,
            name: name.to_owned(),
            version: None,
            reason,
            instance: InstanceId::from_stored(instance),
        }
    }

    fn given_back() -> ParkedReason {
        ParkedReason::GivenBack {
            times: 3,
            reason: String::from("no"),
        }
    }

    #[test]
    fn what_waits_is_listed_by_name_and_reason() {
        let parked = ParkedItems::default();
        for (id, instance) in [(1, "a"), (2, "a"), (3, "b")] {
            parked.add(
                ParkedItem::Activity(id),
                entry("x", instance, ParkedReason::NoCode),
            );
        }
        parked.add(ParkedItem::Activity(4), entry("x", "c", given_back()));
        // Again, with another reason.
        parked.add(ParkedItem::Activity(3), entry("x", "b", given_back()));
        let list = parked.list();
        let short: Vec<_> = list.iter().map(|p| (p.items, p.reason.clone())).collect();
        assert_eq!(short, [(2, ParkedReason::NoCode), (2, given_back())]);
        parked.remove(&ParkedItem::Activity(1));
        assert!(parked.has(&InstanceId::from_stored("a")));
        let again = [(ParkedItem::Activity(3), 3), (ParkedItem::Activity(4), 3)];
        assert_eq!(parked.given_back(), again);
        assert_eq!(parked.len(), 3, "what has no code is still there");
        assert_eq!(parked.look_again(), again);
        assert!(!parked.has(&InstanceId::from_stored("a")));
        assert_eq!(parked.len(), 2);
        parked.clear();
        assert_eq!(parked.list(), []);
    }

    #[test]
    fn the_list_is_bounded() {
        let parked = ParkedItems::default();
        for id in 0..PARKED_MAX as u64 {
            assert!(parked.add(
                ParkedItem::Activity(id),
                entry("x", "a", ParkedReason::NoCode)
            ));
        }
        let more = ParkedItem::Activity(PARKED_MAX as u64);
        assert!(!parked.add(more, entry("x", "a", ParkedReason::NoCode)));
        assert_eq!(parked.len(), PARKED_MAX);
    }
}
