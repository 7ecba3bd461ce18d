//! How many items of one name run at once.

use std::collections::HashMap;
use std::sync::Arc;

use super::profile::WorkKind;

/// Limits that a program sets for names. What is beyond a limit waits; it holds up nothing else.
///
/// ```
/// use task_hub::Concurrency;
///
/// let gentle = Concurrency::default().activity("send_mail", 5).entity("printer", 1);
/// # drop(gentle);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concurrency {
    orchestrations: HashMap<String, usize>,
    activities: HashMap<String, usize>,
    entities: HashMap<String, usize>,
}

impl Concurrency {
    /// At most so many activities of this name, of any version, run at once, over all workers.
    #[must_use]
    pub fn activity(mut self, name: impl Into<String>, at_once: usize) -> Self {
        self.activities.insert(name.into(), at_once);
        self
    }

    /// At most so many episodes of orchestrations of this name run at once. One that waits for
    /// something runs no episode.
    #[must_use]
    pub fn orchestration(mut self, name: impl Into<String>, at_once: usize) -> Self {
        self.orchestrations.insert(name.into(), at_once);
        self
    }

    /// At most so many entities of this name run operations at once.
    #[must_use]
    pub fn entity(mut self, name: impl Into<String>, at_once: usize) -> Self {
        self.entities
            .insert(name.into().to_ascii_lowercase(), at_once);
        self
    }
}

/// What the limits leave room for.
#[derive(Debug, Default)]
pub(super) struct NameLimits {
    orchestrations: HashMap<Arc<str>, NameLimit>,
    activities: HashMap<Arc<str>, NameLimit>,
    entities: HashMap<Arc<str>, NameLimit>,
}

#[derive(Debug)]
struct NameLimit {
    max: usize,
    out: usize,
    /// Episodes whose history is read.
    fetching: usize,
    /// Whether something waits for it.
    hit: bool,
}

/// Room that an item takes of the limit of its name.
#[derive(Debug)]
pub(crate) struct Place {
    kind: WorkKind,
    name: Arc<str>,
}

impl NameLimits {
    pub(super) fn new(limits: &Concurrency) -> Self {
        let of = |limits: &HashMap<String, usize>| {
            let limits = limits.iter().map(|(name, max)| {
                let limit = NameLimit {
                    max: *max,
                    out: 0,
                    fetching: 0,
                    hit: false,
                };
                (Arc::from(name.as_str()), limit)
            });
            limits.collect()
        };
        Self {
            orchestrations: of(&limits.orchestrations),
            activities: of(&limits.activities),
            entities: of(&limits.entities),
        }
    }

    fn of(&mut self, kind: WorkKind) -> &mut HashMap<Arc<str>, NameLimit> {
        match kind {
            WorkKind::Orchestration => &mut self.orchestrations,
            WorkKind::Activity => &mut self.activities,
            WorkKind::Entity => &mut self.entities,
        }
    }

    /// Whether one more may run.
    pub(super) fn has_room(&mut self, kind: WorkKind, name: &str) -> bool {
        let limit = self.of(kind).get(name);
        limit.is_none_or(|limit| limit.out + limit.fetching < limit.max) || has_bug!(LimitIgnored)
    }

    /// Notes that something waits for the limit; returns whether that is new.
    pub(super) fn is_hit(&mut self, kind: WorkKind, name: &str) -> bool {
        let limit = self.of(kind).get_mut(name);
        limit.is_some_and(|limit| !std::mem::replace(&mut limit.hit, true))
    }

    /// Takes room; `None` if the name has no limit.
    pub(super) fn take(&mut self, kind: WorkKind, name: &str) -> Option<Place> {
        let limits = self.of(kind);
        let (name, _) = limits.get_key_value(name)?;
        let name = Arc::clone(name);
        if let Some(limit) = limits.get_mut(&name) {
            limit.out += 1;
        }
        Some(Place { kind, name })
    }

    /// Keeps room for an episode whose history is read.
    pub(super) fn fetching(&mut self, name: &str) -> Option<Place> {
        let place = self.take(WorkKind::Orchestration, name)?;
        if let Some(limit) = self.orchestrations.get_mut(&place.name) {
            limit.out -= 1;
            limit.fetching += 1;
        }
        Some(place)
    }

    /// The history is there.
    pub(super) fn fetched(&mut self, place: &Place) {
        if let Some(limit) = self.orchestrations.get_mut(&place.name) {
            limit.fetching = limit.fetching.saturating_sub(1);
        }
    }

    /// No history comes any more.
    pub(super) fn stop_fetching(&mut self) {
        for limit in self.orchestrations.values_mut() {
            limit.fetching = 0;
        }
    }

    /// Gives room back.
    pub(super) fn give_back(&mut self, place: &Place) {
        if let Some(limit) = self.of(place.kind).get_mut(&place.name) {
            limit.out = limit.out.saturating_sub(1);
            limit.hit = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_and_name_has_its_own_limit() {
        let limits = Concurrency::default().activity("a", 1).entity("Door", 0);
        let mut limits = NameLimits::new(&limits);
        let place = limits.take(WorkKind::Activity, "a").unwrap();
        assert!(!limits.has_room(WorkKind::Activity, "a"));
        assert!(limits.has_room(WorkKind::Activity, "b"));
        assert!(limits.has_room(WorkKind::Orchestration, "a"));
        assert!(!limits.has_room(WorkKind::Entity, "door"), "none at all");
        assert!(limits.take(WorkKind::Activity, "b").is_none());
        limits.give_back(&place);
        assert!(limits.has_room(WorkKind::Activity, "a"));
    }

    #[test]
    fn a_limit_is_hit_once_until_there_is_room_again() {
        let mut limits = NameLimits::new(&Concurrency::default().orchestration("a", 1));
        let place = limits.take(WorkKind::Orchestration, "a").unwrap();
        assert!(limits.is_hit(WorkKind::Orchestration, "a"));
        assert!(!limits.is_hit(WorkKind::Orchestration, "a"));
        limits.give_back(&place);
        assert!(limits.is_hit(WorkKind::Orchestration, "a"));
        let place = limits.fetching("a").unwrap();
        assert!(!limits.has_room(WorkKind::Orchestration, "a"));
        limits.fetched(&place);
        assert!(limits.has_room(WorkKind::Orchestration, "a"));
        assert!(!limits.is_hit(WorkKind::Orchestration, "b"));
    }
}
