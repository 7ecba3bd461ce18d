use std::time::Duration;

use crate::engine::EngineLimits;

/// A commit is closed, whatever it waits for, between this long and twice as long after its first
/// input.
pub(super) const COMMIT_OPEN_MAX: Duration = Duration::from_millis(2);
/// A commit closes when it has so many episodes.
pub(super) const COMMIT_EPISODES_MAX: usize = 1_000;
/// A commit closes when its histories have so many bytes.
pub(super) const COMMIT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many episodes one instance may have in one commit.
pub(super) const COMMIT_EPISODES_PER_INSTANCE_MAX: u32 = 64;
/// The first delay before something that failed is tried again; it doubles.
pub(super) const RETRY_DELAY_MIN: Duration = Duration::from_millis(100);
/// The longest delay before something that failed is tried again.
pub(super) const RETRY_DELAY_MAX: Duration = Duration::from_secs(30);
/// How often work is given back in a row, by workers or by their death, before it is parked: with
/// the delays above for about three quarters of an hour, longer than a deployment takes. Counted in
/// memory: a hub that is opened again begins anew.
const GIVEN_BACK_MAX: u32 = 100;

/// How often work is given back before it is parked. A simulation waits less long.
pub(super) fn given_back_max() -> u32 {
    #[cfg(feature = "simulation")]
    if crate::simulation::is_running() {
        return crate::simulation::GIVEN_BACK_MAX;
    }
    GIVEN_BACK_MAX
}

/// The wall clock is looked at at least so often while a timer waits, since it may jump.
pub(super) const CLOCK_CHECK: Duration = Duration::from_mins(1);
/// How many bytes of new events or operations a remote worker gets at once, if there is more than
/// one: with room for the rest of the message under the 4 MiB that gRPC allows unless told.
pub(super) const REMOTE_EVENTS_BYTES_MAX: usize = 1024 * 1024;
/// How much history is read at once.
pub(super) const HISTORY_PAGE_BYTES: usize = 1024 * 1024;

/// The delay before attempt `attempts` + 1.
pub(super) fn retry_delay(attempts: u32) -> Duration {
    let factor = 1_u32
        .checked_shl(attempts.saturating_sub(1))
        .unwrap_or(u32::MAX);
    RETRY_DELAY_MIN
        .saturating_mul(factor.max(1))
        .min(RETRY_DELAY_MAX)
}

/// How much a hub takes. An error that one of these causes has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubLimits {
    /// What the engine refuses.
    pub engine: EngineLimits,
    /// Messages that may wait for one instance or entity. A client that sends one more gets an
    /// error; what instances send each other is taken, since its senders are bounded.
    pub messages_per_instance_max: usize,
    /// Bytes of an input, event or signal that a client sends.
    pub input_bytes_max: usize,
    /// Bytes of the tags of an instance, keys and values together.
    pub tags_bytes_max: usize,
    /// How long the hub goes on, for what runs, after the last handle to it is dropped.
    pub drain_after_drop: Duration,
}

impl Default for HubLimits {
    fn default() -> Self {
        Self {
            engine: EngineLimits::default(),
            messages_per_instance_max: 10_000,
            input_bytes_max: 16 * 1024 * 1024,
            tags_bytes_max: 8 * 1024,
            drain_after_drop: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_its_maximum() {
        let millis: Vec<u128> = [0, 1, 2, 3, 9, 10, 40, u32::MAX]
            .map(|attempts| retry_delay(attempts).as_millis())
            .to_vec();
        assert_eq!(millis, [100, 100, 200, 400, 25_600, 30_000, 30_000, 30_000]);
    }
}
