//! A point in time as Durable Task stores it.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TICKS_PER_SECOND: i64 = 10_000_000;
const NANOS_PER_TICK: i64 = 100;

/// A point in time in UTC, in ticks of 100 ns since 1970: the precision of every Durable Task
/// store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
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
            self.ticks.rem_euclid(TICKS_PER_SECOND)
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

impl From<Timestamp> for OffsetDateTime {
    fn from(value: Timestamp) -> Self {
        let nanos = i128::from(value.ticks) * i128::from(NANOS_PER_TICK);
        Self::from_unix_timestamp_nanos(nanos).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl From<prost_types::Timestamp> for Timestamp {
    fn from(value: prost_types::Timestamp) -> Self {
        let ticks = value.seconds.saturating_mul(TICKS_PER_SECOND);
        Self {
            ticks: ticks.saturating_add(i64::from(value.nanos) / NANOS_PER_TICK),
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
