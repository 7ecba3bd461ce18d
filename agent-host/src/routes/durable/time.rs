//! Times: as queries write them, and as documents show them.

use durable_task::Timestamp;

/// Reads a time as people and tools write it: a date, or a date and a time with `T` or a space
/// between them, with or without seconds, fraction and zone. Without a zone it is UTC. `None` for
/// anything else.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(place) => {
            let (date, time) = text.split_at_checked(place)?;
            (date, time.get(1..)?)
        }
        None => (text, ""),
    };
    let mut date = date.split('-');
    let year = number(date.next()?, 1..=4)?;
    let month = number(date.next()?, 1..=2)?;
    let day = number(date.next()?, 1..=2)?;
    if date.next().is_some() {
        return None;
    }
    let (clock, zone) = split_zone(time.trim())?;
    let (whole, fraction) = match clock.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (clock, ""),
    };
    let mut units = whole.split(':');
    let hour = match units.next()? {
        "" if whole.is_empty() && fraction.is_empty() => 0,
        hour => number(hour, 1..=2)?,
    };
    let minute = match units.next() {
        Some(minute) => number(minute, 1..=2)?,
        None if whole.is_empty() => 0,
        None => return None,
    };
    let second = units
        .next()
        .map_or(Some(0), |second| number(second, 1..=2))?;
    let is_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if units.next().is_some() || !is_fraction {
        return None;
    }
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    Timestamp::parse(&format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction}{zone}"
    ))
}

/// Takes the zone from the end of a time of day: `Z`, `+hh:mm`, `+hhmm` or `+hh`. A plus that was
/// written into a query as it is has become a space.
fn split_zone(time: &str) -> Option<(&str, String)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock.trim_end(), String::from("Z")));
    }
    let Some(place) = time.rfind(['+', '-', ' ']) else {
        return Some((time, String::from("Z")));
    };
    let (clock, zone) = time.split_at_checked(place)?;
    let sign = if zone.starts_with('-') { '-' } else { '+' };
    let digits: String = zone.get(1..)?.split(':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "00"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let (hours, minutes) = (number(hours, 2..=2)?, number(minutes, 2..=2)?);
    Some((clock.trim_end(), format!("{sign}{hours:02}:{minutes:02}")))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u16> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Whole seconds: `2026-01-01T00:00:00Z`.
pub(super) fn seconds(at: Timestamp) -> String {
    const DIGITS_TO_SECONDS: usize = "2026-01-01T00:00:00".len();
    let mut text = at.to_round_trip();
    text.truncate(DIGITS_TO_SECONDS);
    text.push('Z');
    text
}

/// Everything down to 100 ns, without zeros at the end: `2026-01-01T00:00:00.1234567`, then the
/// zone.
pub(super) fn exact(at: Timestamp, zone: &str) -> String {
    let text = at.to_round_trip();
    let digits = text.trim_end_matches('Z').trim_end_matches('0');
    format!("{}{zone}", digits.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_read_in_many_forms() {
        let noon = Timestamp::parse("2026-03-04T12:30:15Z").unwrap();
        let midnight = Timestamp::parse("2026-03-04T00:00:00Z").unwrap();
        let half = Timestamp::parse("2026-03-04T12:30:00Z").unwrap();
        let millis = noon.saturating_add(Duration::from_millis(500));
        for (text, expected) in [
            ("2026-03-04T12:30:15Z", noon),
            ("2026-03-04t12:30:15z", noon),
            ("2026-03-04 12:30:15", noon),
            (" 2026-03-04T12:30:15 ", noon),
            ("2026-3-4T12:30:15Z", noon),
            ("2026-03-04T14:30:15+02:00", noon),
            ("2026-03-04T14:30:15 02:00", noon),
            ("2026-03-04T14:30:15+0200", noon),
            ("2026-03-04T14:30:15+02", noon),
            ("2026-03-04T10:00:15-02:30", noon),
            ("2026-03-04T12:30:15.5Z", millis),
            ("2026-03-04T12:30:15.5000000", millis),
            ("2026-03-04T12:30", half),
            ("2026-03-04T12:30Z", half),
            ("2026-03-04", midnight),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        assert_eq!(
            parse("1-1-1").map(seconds).as_deref(),
            Some("0001-01-01T00:00:00Z")
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "now",
            "2026",
            "2026-03",
            "2026-13-01",
            "2026-02-30",
            "12026-01-01",
            "2026-03-04T",
            "2026-03-04T25:00",
            "2026-03-04T1",
            "2026-03-04T12:30:15:16",
            "2026-03-04T12:30:15.x",
            "2026-03-04T12:30:15+2",
            "2026-03-04T.5",
            "-1-1",
            "2026-03-04-05",
            "2026-03-04TZZ",
        ] {
            // A bare `T` says no time of day and is read as midnight.
            let expected = (text == "2026-03-04T").then(|| parse("2026-03-04").unwrap());
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn times_are_shown_in_two_precisions() {
        let at = Timestamp::from_ticks(12_345_670);
        assert_eq!(seconds(at), "1970-01-01T00:00:01Z");
        assert_eq!(exact(at, "Z"), "1970-01-01T00:00:01.234567Z");
        assert_eq!(
            exact(Timestamp::EPOCH, "+00:00"),
            "1970-01-01T00:00:00+00:00"
        );
        let ten = Timestamp::from_ticks(100_000_000);
        assert_eq!(exact(ten, "Z"), "1970-01-01T00:00:10Z");
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "[0-9TZtz:+. -]{0,30}|.{0,20}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_shown_is_read(ticks in 0_i64..2_000_000_000_000_000_000) {
            let at = Timestamp::from_ticks(ticks);
            proptest::prop_assert_eq!(parse(&exact(at, "Z")), Some(at));
            proptest::prop_assert_eq!(parse(&exact(at, "+00:00")), Some(at));
        }
    }
}
