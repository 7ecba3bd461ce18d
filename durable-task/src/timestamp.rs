//! A point in time as Durable Task stores it.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TICKS_PER_SECOND: i64 = 10_000_000;
const NANOS_PER_TICK: i64 = 100;
/// 0000-01-01T00:00:00Z.
const FIRST_TICKS: i64 = -62_167_219_200 * TICKS_PER_SECOND;
/// 9999-12-31T23:59:59.9999999Z.
const LAST_TICKS: i64 = 253_402_300_800 * TICKS_PER_SECOND - 1;

/// A point in time in UTC, in ticks of 100 ns since 1970: the precision of every Durable Task
/// store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp {
    ticks: i64,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self { ticks: 0 };

    /// From ticks of 100 ns since 1970.
    pub const fn from_ticks(ticks: i64) -> Self {
        Self { ticks }
    }

    /// Ticks of 100 ns since 1970.
    pub const fn ticks(self) -> i64 {
        self.ticks
    }

    /// What the wall clock says.
    pub fn now() -> Self {
        OffsetDateTime::now_utc().into()
    }

    /// The time `duration` later; the latest representable time where that overflows.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let ticks = i64::try_from(duration.as_nanos() / NANOS_PER_TICK as u128).unwrap_or(i64::MAX);
        Self {
            ticks: self.ticks.saturating_add(ticks),
        }
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        let ticks = u64::try_from(self.ticks.saturating_sub(earlier.ticks)).unwrap_or(0);
        Duration::from_nanos(ticks.saturating_mul(NANOS_PER_TICK as u64))
    }

    /// Reads RFC 3339 text, with or without fractional digits; a missing zone is UTC.
    pub fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339)
            .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
            .ok()
            .map(Self::from)
            // An offset may lead out of the years that can be written again.
            .filter(|time| (FIRST_TICKS..=LAST_TICKS).contains(&time.ticks))
    }

    /// The .NET round-trip format: seven fractional digits and `Z`.
    pub fn to_round_trip(self) -> String {
        let whole = OffsetDateTime::from(self);
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
            whole.year(),
            u8::from(whole.month()),
            whole.day(),
            whole.hour(),
            whole.minute(),
            whole.second(),
            i64::from(whole.nanosecond()) / NANOS_PER_TICK
        )
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(value: OffsetDateTime) -> Self {
        let ticks = value.unix_timestamp_nanos() / i128::from(NANOS_PER_TICK);
        // `OffsetDateTime` ends in the year 9999, which is far inside the range of the ticks.
        Self {
            ticks: i64::try_from(ticks).unwrap_or(i64::MAX),
        }
    }
}

/// The nearest time with a year of four digits: no text form has others.
impl From<Timestamp> for OffsetDateTime {
    fn from(value: Timestamp) -> Self {
        let ticks = value.ticks.clamp(FIRST_TICKS, LAST_TICKS);
        let nanos = i128::from(ticks) * i128::from(NANOS_PER_TICK);
        // In range, since the ticks are.
        Self::from_unix_timestamp_nanos(nanos).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl From<prost_types::Timestamp> for Timestamp {
    fn from(value: prost_types::Timestamp) -> Self {
        let whole = i128::from(value.seconds) * i128::from(TICKS_PER_SECOND);
        let ticks = whole + i128::from(i64::from(value.nanos) / NANOS_PER_TICK);
        let nearest = if ticks < 0 { i64::MIN } else { i64::MAX };
        Self {
            ticks: i64::try_from(ticks).unwrap_or(nearest),
        }
    }
}

impl From<Timestamp> for prost_types::Timestamp {
    fn from(value: Timestamp) -> Self {
        let nanos = value.ticks.rem_euclid(TICKS_PER_SECOND) * NANOS_PER_TICK;
        Self {
            seconds: value.ticks.div_euclid(TICKS_PER_SECOND),
            // Below 10^9, since the ticks of one second are.
            nanos: i32::try_from(nanos).unwrap_or(0),
        }
    }
}

/// RFC 3339 with the fractional digits that are needed.
/// As its text: states of instances are looked at with `{:?}`.
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from(*self)
            .format(&Rfc3339)
            .map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_goes_through_protobuf_and_has_a_text() {
        for ticks in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
            let time = Timestamp::from_ticks(ticks);
            assert_eq!(Timestamp::from(prost_types::Timestamp::from(time)), time);
            assert_eq!(format!("{time:?}"), time.to_string());
        }
        // The seconds before the years 1, 0 and -9999, and the one after 9999.
        for seconds in [
            -62_135_596_801,
            -62_167_219_201,
            -377_705_116_801,
            253_402_300_800,
        ] {
            let time = Timestamp::from_ticks(seconds * TICKS_PER_SECOND);
            assert!(!time.to_string().is_empty());
            assert!(!time.to_round_trip().is_empty());
        }
    }

    #[test]
    fn an_offset_does_not_lead_out_of_the_years_that_can_be_written() {
        let first = Timestamp::from_ticks(FIRST_TICKS);
        assert_eq!(Timestamp::parse("0000-01-01T00:00:00Z"), Some(first));
        assert_eq!(Timestamp::parse("0000-01-01T00:00:00+00:01"), None);
        let last = Timestamp::from_ticks(LAST_TICKS);
        assert_eq!(Timestamp::parse("9999-12-31T23:59:59.9999999Z"), Some(last));
        assert_eq!(Timestamp::parse("9999-12-31T23:59:59-00:01"), None);
    }

    #[test]
    fn what_is_out_of_range_in_protobuf_is_the_nearest_time() {
        let time = |seconds, nanos| Timestamp::from(prost_types::Timestamp { seconds, nanos });
        assert_eq!(time(i64::MAX, 0).ticks(), i64::MAX);
        assert_eq!(time(i64::MIN, i32::MAX).ticks(), i64::MIN);
    }
}
