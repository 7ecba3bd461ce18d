//! How long to wait before the next attempt.

use std::time::Duration;

/// The wait after the first failure is at most this.
const FIRST: Duration = Duration::from_millis(200);
/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// A wait that doubles with each failure in a row (`failures`, from 1) up to 30 s; `random` takes
/// up to half of it off, so that many processes do not come back at once.
pub(super) fn delay(failures: u32, random: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let half = full / 2;
    let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_nanos(random % nanos)
}

/// The same with randomness of its own.
pub(super) fn random_delay(failures: u32) -> Duration {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    delay(failures, random)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_doubles_up_to_the_longest() {
        let waits: Vec<u128> = (0..12).map(|n| delay(n, 0).as_millis()).collect();
        let expected = [
            100, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000, 15000,
        ];
        assert_eq!(waits, expected);
    }

    proptest! {
        #[test]
        fn it_is_never_zero_and_never_too_long(failures: u32, random: u64) {
            let wait = delay(failures, random);
            prop_assert!(wait >= FIRST / 2 && wait < LONGEST);
        }
    }
}
