//! Removing instances some time after their end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use durable_task::{Client as _, ClientError, InstanceId, Runtime, Status, Timestamp};
use futures_util::future::{Either, join_all, select};
use tokio::sync::mpsc;

use super::HubClient;
use super::request::Control;
use super::settings::HubLimits;
use super::shared::Shared;
use crate::store::{EndedRow, Store, StoreError};

/// How many instances are looked at, and removed, at once.
const SWEPT_AT_ONCE: usize = 100;
/// How long a sweep that failed waits before it is tried again.
const RETRY_AFTER: Duration = Duration::from_mins(1);
/// How long a sweep sleeps at most: the clock may be set while it does.
const SLEEP_MAX: Duration = Duration::from_hours(1);
/// The shortest time that an instance is kept if it is removed by age. Commits that end instances
/// may become durable in another order than that of their times; this is far longer.
const AGE_MIN: Duration = Duration::from_mins(1);

/// How long ended instances are kept. Without a rule they are kept until they are purged.
///
/// ```
/// use std::time::Duration;
///
/// use durable_task::Status;
/// use task_hub::{HubOptions, RetentionPolicy};
///
/// let week = Duration::from_hours(7 * 24);
/// let policy = RetentionPolicy::new()
///     .completed_after(week)
///     .after(Status::Failed, 4 * week)
///     .named("nightly_report", Some(Duration::from_hours(24)))
///     .named("contract", None);
/// # drop(HubOptions::memory().retention(policy));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionPolicy {
    by_status: Vec<(Status, Duration)>,
    by_name: BTreeMap<String, Option<Duration>>,
}

impl RetentionPolicy {
    /// Keeps everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes instances that completed, so long after their end. At least a minute.
    #[must_use]
    pub fn completed_after(self, age: Duration) -> Self {
        self.after(Status::Completed, age)
    }

    /// Removes instances that ended in this status, so long after their end. At least a minute.
    #[must_use]
    pub fn after(mut self, status: Status, age: Duration) -> Self {
        self.by_status.retain(|(known, _)| *known != status);
        self.by_status.push((status, age.max(AGE_MIN)));
        self
    }

    /// Removes all instances so long after their end, however they ended. At least a minute.
    #[must_use]
    pub fn all_after(self, age: Duration) -> Self {
        [
            Status::Completed,
            Status::Failed,
            Status::Terminated,
            Status::Canceled,
        ]
        .into_iter()
        .fold(self, |policy, status| policy.after(status, age))
    }

    /// For instances of this orchestrator: removes them so long after their end, however they
    /// ended, or (`None`) keeps them. Goes before what is said about statuses.
    #[must_use]
    pub fn named(mut self, orchestrator: impl Into<String>, age: Option<Duration>) -> Self {
        let age = age.map(|age| age.max(AGE_MIN));
        self.by_name.insert(orchestrator.into(), age);
        self
    }

    /// Whether nothing is ever removed.
    pub(crate) fn keeps_all(&self) -> bool {
        self.ages().is_empty()
    }

    /// How long the instance is kept after its end; `None`: for ever.
    fn age_of(&self, row: &EndedRow) -> Option<Duration> {
        if let Some(age) = self.by_name.get(&row.name) {
            return *age;
        }
        let mut rules = self.by_status.iter();
        let rule = rules.find(|(status, _)| *status == row.status);
        rule.map(|(_, age)| *age)
    }

    /// All ages that instances may be kept for.
    fn ages(&self) -> BTreeSet<Duration> {
        let by_status = self.by_status.iter().map(|(_, age)| *age);
        by_status
            .chain(self.by_name.values().copied().flatten())
            .collect()
    }
}

/// Where a sweep goes on: after this end and id.
type Place = (Timestamp, InstanceId);

/// Removes what is due, and sleeps until something else is.
pub(crate) struct Sweeper {
    pub(crate) policy: RetentionPolicy,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) limits: HubLimits,
    /// Weak: a hub that nobody needs any more ends also if it sweeps.
    pub(crate) controls: mpsc::WeakSender<Control>,
}

/// Why a sweep did not come to its end.
enum Stopped {
    /// There is no hub any more.
    Ended,
    /// What is due is tried again.
    Failed(String),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Sweeper {
    /// Runs as long as the hub.
    pub(crate) async fn run(self) {
        // Each age has its own place: what ended before it has been looked at for that age.
        let ages = self.policy.ages().into_iter();
        let mut places: BTreeMap<Duration, Option<Place>> = ages.map(|age| (age, None)).collect();
        let (mut before, mut all_after) = (Timestamp::EPOCH, Timestamp::EPOCH);
        loop {
            let now = self.runtime.now();
            let mut next = now.saturating_add(SLEEP_MAX);
            // A clock that was set back gives ends that lie before a place: all is looked at again
            // when it shows that, and once in a while since it may not.
            if now < before || now >= all_after {
                for place in places.values_mut() {
                    *place = None;
                }
                all_after = now.saturating_add(SLEEP_MAX);
            }
            before = now;
            for (age, place) in &mut places {
                match self.sweep(*age, place).await {
                    Ok(due) => next = next.min(due),
                    Err(Stopped::Ended) => return,
                    Err(Stopped::Failed(reason)) => {
                        tracing::warn!(reason, "ended instances could not be removed");
                        next = next.min(now.saturating_add(RETRY_AFTER));
                    }
                }
            }
            let left = next.saturating_since(self.runtime.now());
            let ended = std::pin::pin!(self.shared.until_ended());
            if let Either::Left(_) = select(ended, self.runtime.sleep(left)).await {
                return;
            }
        }
    }

    /// Removes all that is due after one age, in steps. Returns when to look again.
    async fn sweep(&self, age: Duration, place: &mut Option<Place>) -> Result<Timestamp, Stopped> {
        loop {
            let now = self.runtime.now();
            let rows = self.store.ended(place.clone(), SWEPT_AT_ONCE).await?;
            let is_last = rows.len() < SWEPT_AT_ONCE;
            let is_due = |row: &&EndedRow| {
                row.completed_at.saturating_add(age) <= now || has_bug!(SweptEarly)
            };
            let due: Vec<&EndedRow> = rows.iter().take_while(is_due).collect();
            let is_of_age = |row: &&EndedRow| self.policy.age_of(row) == Some(age);
            let removed = due.iter().copied().filter(is_of_age);
            self.remove(removed.map(|row| row.instance.clone())).await?;
            if let Some(last) = due.last() {
                *place = Some((last.completed_at, last.instance.clone()));
            }
            if due.len() == rows.len() && !is_last {
                continue;
            }
            // What ends from now on is not due earlier.
            let mut later = rows.iter().skip(due.len());
            let seen = if is_last {
                later.find(is_of_age)
            } else {
                later.next_back()
            };
            let ended = seen.map_or(now, |row| row.completed_at);
            return Ok(ended.saturating_add(age));
        }
    }

    async fn remove(&self, ids: impl Iterator<Item = InstanceId>) -> Result<(), Stopped> {
        let controls = self.controls.upgrade().ok_or(Stopped::Ended)?;
        let client = HubClient {
            runtime: Arc::clone(&self.runtime),
            store: Arc::clone(&self.store),
            shared: Arc::clone(&self.shared),
            limits: self.limits,
            controls,
        };
        let removals = ids.map(|id| {
            let client = &client;
            async move { client.purge(&id, false).await }
        });
        for removed in join_all(removals).await {
            match removed {
                // Somebody else has removed it, or it runs again.
                Ok(_) | Err(ClientError::NotFound { .. } | ClientError::InvalidState { .. }) => {}
                Err(error) => return Err(Stopped::Failed(error.to_string())),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, status: Status) -> EndedRow {
        EndedRow {
            instance: InstanceId::from_stored("a"),
            name: name.to_owned(),
            status,
            completed_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn names_go_before_statuses_and_nothing_is_removed_at_once() {
        let hour = Duration::from_hours(1);
        let policy = RetentionPolicy::new()
            .all_after(3 * hour)
            .after(Status::Completed, hour)
            .after(Status::Canceled, Duration::ZERO)
            .named("agent", Some(7 * hour))
            .named("kept", None);
        for (name, status, expected) in [
            ("x", Status::Completed, Some(hour)),
            ("x", Status::Failed, Some(3 * hour)),
            ("x", Status::Canceled, Some(AGE_MIN)),
            ("agent", Status::Completed, Some(7 * hour)),
            ("agent", Status::Failed, Some(7 * hour)),
            ("kept", Status::Failed, None),
        ] {
            assert_eq!(
                policy.age_of(&row(name, status)),
                expected,
                "{name} {status:?}"
            );
        }
        assert!(!policy.keeps_all());
        assert!(RetentionPolicy::new().named("kept", None).keeps_all());
    }
}
