//! Slots that are merged by keys.

use std::collections::BTreeSet;
use std::collections::btree_map::{self, BTreeMap};
use std::fmt;

use durable_task::Payload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edge::failed;
use super::state::{Merge, MergeError, Slot};
use super::{Message, RouteError};

/// A slot of many entries, each with a key: what parallel nodes write under different keys is
/// merged, and the same key twice in one superstep fails the run.
///
/// It is there from the start, empty. [`WorkflowContext::set`](super::WorkflowContext::set) takes
/// one entry, several, or the removal of some; on the wire keys are those of a JSON object, so they
/// are texts, numbers or the like.
///
/// ```
/// use agent_sdk::workflow::Keyed;
///
/// let entry: Keyed<String, u32> = (String::from("b"), 2).into();
/// let mut stock: Keyed<String, u32> = [(String::from("a"), 1)].into_iter().collect();
/// stock.apply(entry);
/// stock.apply(Keyed::remove(String::from("a")));
/// assert_eq!(stock.iter().collect::<Vec<_>>(), [(&String::from("b"), &2)]);
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keyed<K: Ord, V> {
    /// What is there.
    entries: BTreeMap<K, V>,
    /// In an update, what is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<BTreeSet<K>>,
}

impl<K: Ord, V> Keyed<K, V> {
    /// No entries.
    pub const fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            removed: None,
        }
    }

    /// The update that sets an entry.
    pub fn insert(key: K, value: V) -> Self {
        [(key, value)].into_iter().collect()
    }

    /// The update that takes an entry away.
    pub fn remove(key: K) -> Self {
        Self {
            entries: BTreeMap::new(),
            removed: Some(BTreeSet::from([key])),
        }
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries.get(key)
    }

    /// The entries, in the order of their keys.
    pub fn iter(&self) -> btree_map::Iter<'_, K, V> {
        self.entries.iter()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Merges an update into this.
    pub fn apply(&mut self, update: Self) {
        for key in update.removed.into_iter().flatten() {
            self.entries.remove(&key);
        }
        self.entries.extend(update.entries);
    }

    /// The entries as a map.
    pub fn into_map(self) -> BTreeMap<K, V> {
        self.entries
    }
}

impl<K: Ord, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord, V> From<(K, V)> for Keyed<K, V> {
    fn from((key, value): (K, V)) -> Self {
        Self::insert(key, value)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Keyed<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            removed: None,
        }
    }
}

impl<'a, K: Ord, V> IntoIterator for &'a Keyed<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for Keyed<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.entries).finish()
    }
}

/// What makes a slot one that is merged by keys.
#[derive(Debug, Clone, Copy)]
pub struct KeyedSlot {
    /// What is in it at the start.
    pub default: fn() -> Result<Message, RouteError>,
    /// Merges the updates of a superstep.
    pub merge: Merge,
    /// Makes two updates of one executor into one: the later counts.
    pub join: fn(&Message, &Message) -> Result<Message, RouteError>,
}

/// Looks at the type of a slot: whether it is [`Keyed`], also by another name.
///
/// The constant of the inherent `impl` is taken before that of [`PlainSlot`].
pub struct SlotProbe<T>(std::marker::PhantomData<fn(T)>);

impl<T> fmt::Debug for SlotProbe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SlotProbe")
    }
}

/// See [`SlotProbe`].
pub trait PlainSlot {
    /// It is not.
    const KEYED: Option<KeyedSlot> = None;
}

impl<T> PlainSlot for SlotProbe<T> {}

impl<K, V> SlotProbe<Keyed<K, V>>
where
    K: Ord + Clone + Serialize,
    Keyed<K, V>: Payload,
{
    /// How it is merged.
    pub const KEYED: Option<KeyedSlot> = Some(KeyedSlot {
        default: empty::<K, V>,
        merge: merge::<K, V>,
        join: join::<K, V>,
    });
}

fn empty<K: Ord, V>() -> Result<Message, RouteError>
where
    Keyed<K, V>: Payload,
{
    write(&Keyed::<K, V>::new())
}

fn read<K: Ord, V>(message: &Message) -> Result<Keyed<K, V>, RouteError>
where
    Keyed<K, V>: Payload,
{
    message.read().map_err(failed::<Message, Keyed<K, V>>)
}

fn write<K: Ord, V>(value: &Keyed<K, V>) -> Result<Message, RouteError>
where
    Keyed<K, V>: Payload,
{
    Message::of(value).map_err(failed::<Keyed<K, V>, Message>)
}

/// Each update is that of one run of an executor: so a key that comes twice was touched by two.
fn merge<K, V>(there: Option<&Message>, updates: &[Message]) -> Result<Message, MergeError>
where
    K: Ord + Clone + Serialize,
    Keyed<K, V>: Payload,
{
    let mut merged = match there {
        Some(there) => read::<K, V>(there)?,
        None => Keyed::new(),
    };
    let mut touched: BTreeMap<K, usize> = BTreeMap::new();
    for (second, update) in updates.iter().enumerate() {
        let update = read::<K, V>(update)?;
        let keys = update.entries.keys().chain(update.removed.iter().flatten());
        for key in keys {
            if let Some(first) = touched.insert(key.clone(), second) {
                let key = serde_json::to_string(key).map_err(failed::<K, Message>)?;
                return Err(MergeError::SameKey { key, first, second });
            }
        }
        merged.apply(update);
    }
    Ok(write(&merged)?)
}

fn join<K: Ord, V>(first: &Message, second: &Message) -> Result<Message, RouteError>
where
    Keyed<K, V>: Payload,
{
    let (mut joined, second) = (read::<K, V>(first)?, read::<K, V>(second)?);
    let touched = |key: &K| {
        second.entries.contains_key(key) || second.removed.iter().flatten().any(|own| own == key)
    };
    joined.entries.retain(|key, _| !touched(key));
    let mut removed = joined.removed.take().unwrap_or_default();
    removed.retain(|key| !touched(key));
    removed.extend(second.removed.into_iter().flatten());
    joined.entries.extend(second.entries);
    joined.removed = (!removed.is_empty()).then_some(removed);
    write(&joined)
}

/// A slot with everything that its type says of it.
pub const fn slot_of_kind(mut slot: Slot, keyed: Option<KeyedSlot>) -> Slot {
    if let Some(keyed) = keyed {
        if slot.merge.is_none() {
            slot.merge = Some(keyed.merge);
        }
        if slot.default.is_none() {
            slot.default = Some(keyed.default);
        }
    }
    slot
}

#[cfg(test)]
mod tests;
