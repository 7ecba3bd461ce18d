//! When a failed call to a provider is tried again, and after how long. Pure: clock and chance are
//! passed in.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The longest wait that is read out of a provider's answer; what is longer is taken as this.
const SERVER_DELAY_READ_MAX: Duration = Duration::from_hours(24);

/// How a provider's temporary failures are met: statuses 408, 409, 429 and from 500 on, timeouts,
/// and connections that fail.
///
/// ```
/// use agent_sdk::model::RetryOptions;
///
/// let patient = RetryOptions { retries_max: 5, ..RetryOptions::default() };
/// assert_eq!(patient.delay_max.as_secs(), 8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryOptions {
    /// How many times a call is tried again; 3 unless set.
    pub retries_max: u32,
    /// The wait before the first retry if the provider names none; it doubles with each retry, and
    /// up to a quarter of it is left out at random. 0.5 s unless set.
    pub first_delay: Duration,
    /// The longest such wait; 8 s unless set.
    pub delay_max: Duration,
    /// The longest wait that a provider may ask for; beyond it the call fails with
    /// [`ModelError::RateLimit`](super::ModelError::RateLimit), which carries the wait. 60 s unless
    /// set.
    pub server_delay_max: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            retries_max: 3,
            first_delay: Duration::from_millis(500),
            delay_max: Duration::from_secs(8),
            server_delay_max: Duration::from_mins(1),
        }
    }
}

/// What a provider's headers say about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RetryHints {
    /// It says whether.
    pub(super) should_retry: Option<bool>,
    /// It says when.
    pub(super) retry_after: Option<Duration>,
}

impl RetryHints {
    /// Reads `x-should-retry`, `retry-after-ms` and `retry-after`.
    pub(super) fn read<'a>(header: impl Fn(&str) -> Option<&'a str>, now: OffsetDateTime) -> Self {
        let should_retry = match header("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let millis = header("retry-after-ms").and_then(|text| delay_of(text, 0.001));
        let retry_after = millis.or_else(|| {
            let text = header("retry-after")?;
            delay_of(text, 1.0).or_else(|| delay_until(text, now))
        });
        Self {
            should_retry,
            retry_after,
        }
    }
}

fn delay_of(text: &str, unit_s: f64) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    if number.is_nan() || number < 0.0 {
        return None;
    }
    let delay = Duration::try_from_secs_f64(number * unit_s).unwrap_or(SERVER_DELAY_READ_MAX);
    Some(delay.min(SERVER_DELAY_READ_MAX))
}

fn delay_until(date: &str, now: OffsetDateTime) -> Option<Duration> {
    let date = OffsetDateTime::parse(date.trim(), &Rfc2822).ok()?;
    // A date in the past leaves no wait.
    let delay = Duration::try_from(date - now).unwrap_or(Duration::ZERO);
    Some(delay.min(SERVER_DELAY_READ_MAX))
}

/// How one try failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// No answer: the connection failed or took too long.
    Connection,
    /// The provider answered with an error.
    Status {
        /// Its HTTP status.
        status: u16,
        /// What it says about trying again.
        hints: RetryHints,
    },
    /// Nothing that another try could mend.
    Final,
}

/// What follows from a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Try again after this wait.
    Retry(Duration),
    /// The provider asks for a longer wait than a caller should sit through.
    TooLong(Duration),
    /// The call has failed.
    GiveUp,
}

/// Decides after a failed try. `retries` were made before it; `random` is evenly distributed.
pub(super) fn decide(options: &RetryOptions, retries: u32, fault: Fault, random: u32) -> Decision {
    let hints = match fault {
        Fault::Final => return Decision::GiveUp,
        Fault::Connection => RetryHints::default(),
        Fault::Status { status, hints } => {
            if !hints.should_retry.unwrap_or_else(|| is_temporary(status)) {
                return Decision::GiveUp;
            }
            hints
        }
    };
    match hints.retry_after {
        Some(delay) if delay > options.server_delay_max => Decision::TooLong(delay),
        _ if retries >= options.retries_max => Decision::GiveUp,
        Some(delay) => Decision::Retry(delay),
        None => Decision::Retry(backoff(options, retries, random)),
    }
}

fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 409 | 429) || status >= 500
}

fn backoff(options: &RetryOptions, retries: u32, random: u32) -> Duration {
    let factor = 1_u32.checked_shl(retries).unwrap_or(u32::MAX);
    let delay = options
        .first_delay
        .saturating_mul(factor)
        .min(options.delay_max);
    let left_out = f64::from(random) / f64::from(u32::MAX) / 4.0;
    delay.saturating_sub(delay.mul_f64(left_out))
}

#[cfg(test)]
mod tests;
