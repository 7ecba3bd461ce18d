//! Retries, made by the orchestrator itself with durable timers.

use std::time::Duration;

use crate::{Failure, Timestamp};

/// How often and when to repeat a failed activity or sub-orchestration.
///
/// A failure that is marked as not retriable is never repeated.
///
/// ```
/// use std::time::Duration;
/// use durable_task::RetryPolicy;
///
/// let policy = RetryPolicy::new(5, Duration::from_secs(1))
///     .backoff_coefficient(2.0)
///     .max_interval(Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    max_attempts: u32,
    first_interval: Duration,
    backoff_coefficient: f64,
    max_interval: Option<Duration>,
    total_time: Option<Duration>,
}

impl RetryPolicy {
    /// At most `max_attempts` attempts (the first one included), `first_interval` apart.
    pub const fn new(max_attempts: u32, first_interval: Duration) -> Self {
        Self {
            max_attempts,
            first_interval,
            backoff_coefficient: 1.0,
            max_interval: None,
            total_time: None,
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
        let retries_before = self.failed;
        self.failed += 1;
        if failure.non_retriable || self.failed >= policy.max_attempts {
            return None;
        }
        let next = now.saturating_add(policy.interval(retries_before));
        let first_at = self.first_at.unwrap_or(now);
        let in_time = policy
            .total_time
            .is_none_or(|total| next.saturating_since(first_at) <= total);
        in_time.then_some(next)
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
        let mut without_policy = Attempts::new();
        let failure = Failure::new("A", "b");
        assert_eq!(without_policy.fail(Timestamp::EPOCH, &failure), None);
    }
}
