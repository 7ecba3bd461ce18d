//! Retries, made by the orchestrator itself with durable timers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Failure, Timestamp};

/// How often and when to repeat a failed activity or sub-orchestration.
///
/// A failure that is marked as not retriable is never repeated. Of all others, those are that pass
/// [`retry_on`](Self::retry_on), [`not_on`](Self::not_on) and [`retry_if`](Self::retry_if), as far
/// as these are set.
///
/// ```
/// use std::time::Duration;
/// use durable_task::RetryPolicy;
///
/// let policy = RetryPolicy::new(5, Duration::from_secs(1))
///     .backoff_coefficient(2.0)
///     .max_interval(Duration::from_secs(30));
/// ```
#[derive(Clone)]
pub struct RetryPolicy {
    max_attempts: u32,
    first_interval: Duration,
    backoff_coefficient: f64,
    max_interval: Option<Duration>,
    total_time: Option<Duration>,
    /// Only failures of these types, unless empty.
    only: Vec<String>,
    /// No failures of these types.
    never: Vec<String>,
    condition: Option<Condition>,
}

type Condition = Arc<dyn Fn(&Failure) -> bool + Send + Sync>;

impl RetryPolicy {
    /// At most `max_attempts` attempts (the first one included), `first_interval` apart.
    pub const fn new(max_attempts: u32, first_interval: Duration) -> Self {
        Self {
            max_attempts,
            first_interval,
            backoff_coefficient: 1.0,
            max_interval: None,
            total_time: None,
            only: Vec::new(),
            never: Vec::new(),
            condition: None,
        }
    }

    /// Each interval is this many times as long as the one before. Below 1, or not a number, it
    /// counts as 1.
    #[must_use]
    pub fn backoff_coefficient(mut self, coefficient: f64) -> Self {
        self.backoff_coefficient = if coefficient >= 1.0 { coefficient } else { 1.0 };
        self
    }

    /// No interval is longer than this.
    #[must_use]
    pub const fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = Some(interval);
        self
    }

    /// No attempt is made later than this after the first one began.
    #[must_use]
    pub const fn total_time(mut self, time: Duration) -> Self {
        self.total_time = Some(time);
        self
    }

    /// Only failures of these types are repeated ([`Failure::error_type`], or the part of it after
    /// the last dot).
    #[must_use]
    pub fn retry_on<T: Into<String>>(mut self, error_types: impl IntoIterator<Item = T>) -> Self {
        self.only.extend(error_types.into_iter().map(Into::into));
        self
    }

    /// Failures of these types are not repeated. This wins over the other conditions.
    #[must_use]
    pub fn not_on<T: Into<String>>(mut self, error_types: impl IntoIterator<Item = T>) -> Self {
        self.never.extend(error_types.into_iter().map(Into::into));
        self
    }

    /// Only failures that satisfy a condition are repeated. It runs again on every replay: it must
    /// depend on the failure alone.
    #[must_use]
    pub fn retry_if(
        mut self,
        condition: impl Fn(&Failure) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// How long to wait before the next attempt after `failed` attempts, the last of which ended
    /// `elapsed` after the first one began; `None`: there is none.
    pub fn pause_after(
        &self,
        failed: u32,
        elapsed: Duration,
        failure: &Failure,
    ) -> Option<Duration> {
        if failed >= self.max_attempts || !self.is_repeated(failure) {
            return None;
        }
        let pause = self.interval(failed.saturating_sub(1));
        let in_time = self
            .total_time
            .is_none_or(|total| elapsed.saturating_add(pause) <= total);
        in_time.then_some(pause)
    }

    fn is_repeated(&self, failure: &Failure) -> bool {
        let is_in = |types: &[String]| types.iter().any(|name| is_type(failure, name));
        !failure.non_retriable
            && !is_in(&self.never)
            && (self.only.is_empty() || is_in(&self.only))
            && self.condition.as_ref().is_none_or(|holds| holds(failure))
    }

    fn interval(&self, retries_before: u32) -> Duration {
        let longest = self.max_interval.unwrap_or(Duration::MAX);
        let mut seconds = self.first_interval.as_secs_f64();
        for _ in 0..retries_before {
            // Multiplied step by step: `powi` may round differently from one platform to another.
            seconds *= self.backoff_coefficient;
            if seconds >= longest.as_secs_f64() {
                return longest;
            }
        }
        Duration::try_from_secs_f64(seconds).map_or(longest, |interval| interval.min(longest))
    }
}

/// Whether a failure is of a type. Other SDKs write theirs with a namespace.
fn is_type(failure: &Failure, name: &str) -> bool {
    let full = failure.error_type.as_str();
    full == name || full.rsplit_once('.').is_some_and(|(_, last)| last == name)
}

impl PartialEq for RetryPolicy {
    /// Conditions are equal if they are the same closure.
    fn eq(&self, other: &Self) -> bool {
        let same_condition = match (&self.condition, &other.condition) {
            (None, None) => true,
            (Some(left), Some(right)) => Arc::ptr_eq(left, right),
            _ => false,
        };
        same_condition
            && self.max_attempts == other.max_attempts
            && self.first_interval == other.first_interval
            && self.backoff_coefficient == other.backoff_coefficient
            && self.max_interval == other.max_interval
            && self.total_time == other.total_time
            && self.only == other.only
            && self.never == other.never
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("max_attempts", &self.max_attempts)
            .field("first_interval", &self.first_interval)
            .field("backoff_coefficient", &self.backoff_coefficient)
            .field("max_interval", &self.max_interval)
            .field("total_time", &self.total_time)
            .field("only", &self.only)
            .field("never", &self.never)
            .field("condition", &self.condition.is_some())
            .finish()
    }
}

/// The attempts at one call.
#[derive(Debug)]
pub(super) struct Attempts {
    policy: Option<RetryPolicy>,
    first_at: Option<Timestamp>,
    failed: u32,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            policy: None,
            first_at: None,
            failed: 0,
        }
    }

    pub(super) fn set_policy(&mut self, policy: RetryPolicy) {
        self.policy = Some(policy);
    }

    /// An attempt begins.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.first_at.get_or_insert(now);
    }

    /// An attempt has failed: when the next one begins, if there is one.
    pub(super) fn fail(&mut self, now: Timestamp, failure: &Failure) -> Option<Timestamp> {
        let policy = self.policy.as_ref()?;
        self.failed += 1;
        let elapsed = now.saturating_since(self.first_at.unwrap_or(now));
        let pause = policy.pause_after(self.failed, elapsed, failure)?;
        Some(now.saturating_add(pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(policy: RetryPolicy) -> Vec<u64> {
        let mut now = Timestamp::EPOCH;
        let mut attempts = Attempts::new();
        attempts.set_policy(policy);
        let mut delays = Vec::new();
        attempts.begin(now);
        while let Some(next) = attempts.fail(now, &Failure::new("A", "b")) {
            delays.push(u64::try_from(next.saturating_since(now).as_millis()).unwrap());
            now = next;
            attempts.begin(now);
            assert!(delays.len() < 100, "no end");
        }
        delays
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn intervals_follow_the_policy() {
        let doubled = RetryPolicy::new(5, SECOND).backoff_coefficient(2.0);
        let table: [(RetryPolicy, &[u64]); 9] = [
            (RetryPolicy::new(0, SECOND), &[]),
            (RetryPolicy::new(1, SECOND), &[]),
            (RetryPolicy::new(3, SECOND), &[1000, 1000]),
            (doubled.clone(), &[1000, 2000, 4000, 8000]),
            (
                doubled.clone().max_interval(3 * SECOND),
                &[1000, 2000, 3000, 3000],
            ),
            (
                doubled.clone().max_interval(SECOND / 2),
                &[500, 500, 500, 500],
            ),
            (doubled.clone().total_time(3 * SECOND), &[1000, 2000]),
            (
                doubled.clone().backoff_coefficient(f64::NAN),
                &[1000, 1000, 1000, 1000],
            ),
            (doubled.backoff_coefficient(0.1), &[1000, 1000, 1000, 1000]),
        ];
        for (policy, expected) in table {
            assert_eq!(delays(policy.clone()), expected, "{policy:?}");
        }
    }

    #[test]
    fn an_interval_that_overflows_is_the_longest() {
        let policy = RetryPolicy::new(u32::MAX, Duration::from_secs(1 << 40));
        let policy = policy.backoff_coefficient(1e30);
        assert_eq!(policy.interval(50), Duration::MAX);
        let bounded = policy.max_interval(SECOND);
        assert_eq!(bounded.interval(50), SECOND);
    }

    #[test]
    fn what_can_not_be_retried_is_not() {
        let mut attempts = Attempts::new();
        attempts.set_policy(RetryPolicy::new(9, SECOND));
        attempts.begin(Timestamp::EPOCH);
        let final_failure = Failure::new("A", "b").non_retriable();
        assert_eq!(attempts.fail(Timestamp::EPOCH, &final_failure), None);
        let some = RetryPolicy::new(9, SECOND);
        let table = [
            (some.clone(), "Io", true),
            (some.clone().retry_on(["Io", "Timeout"]), "Io", true),
            (
                some.clone().retry_on(["Io"]).retry_on(["Timeout"]),
                "Timeout",
                true,
            ),
            (some.clone().retry_on(["Io"]), "Logic", false),
            (some.clone().retry_on(["Io"]), "System.Net.Io", true),
            (some.clone().retry_on(["Io"]), "System.NetIo", false),
            (
                some.clone().retry_on(["System.Net.Io"]),
                "System.Net.Io",
                true,
            ),
            (some.clone().retry_on(["System.Net.Io"]), "Io", false),
            (some.clone().not_on(["Io"]), "Io", false),
            (some.clone().not_on(["Io"]), "io", true),
            (some.clone().not_on(["Io"]).retry_on(["Io"]), "Io", false),
            (
                some.clone().retry_if(|failure| failure.message == "b"),
                "Io",
                true,
            ),
            (
                some.clone().retry_if(|failure| failure.message == "c"),
                "Io",
                false,
            ),
            (some.not_on(["Io"]).retry_if(|_| true), "Io", false),
        ];
        for (policy, error_type, expected) in table {
            let mut attempts = Attempts::new();
            attempts.set_policy(policy.clone());
            attempts.begin(Timestamp::EPOCH);
            let next = attempts.fail(Timestamp::EPOCH, &Failure::new(error_type, "b"));
            assert_eq!(next.is_some(), expected, "{policy:?} {error_type}");
        }
        let mut without_policy = Attempts::new();
        let failure = Failure::new("A", "b");
        assert_eq!(without_policy.fail(Timestamp::EPOCH, &failure), None);
    }
}
