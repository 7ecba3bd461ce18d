//! Durations as people write them: `30s`, `1h 30m`.

use std::time::Duration;

/// Units with their milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Reads a duration; `None` if it is not one, is zero, or is too long to count.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim_start();
    let mut total_ms: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after.trim_start(), |c| c.is_ascii_alphabetic());
        let number: u64 = number.parse().ok()?;
        let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total_ms = total_ms.checked_add(number.checked_mul(*unit_ms)?)?;
        rest = after.trim_start();
    }
    (total_ms > 0).then(|| Duration::from_millis(total_ms))
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (text, expected) in [
            ("30s", Some(30_000)),
            ("250ms", Some(250)),
            ("10m", Some(600_000)),
            ("1h30m", Some(5_400_000)),
            (" 1h 30 m ", Some(5_400_000)),
            ("2d", Some(172_800_000)),
            ("", None),
            ("0s", None),
            ("30", None),
            ("s", None),
            ("-3s", None),
            ("1.5s", None),
            ("30 seconds", None),
            ("1w", None),
            ("99999999999999999999s", None),
            ("18446744073709551615d", None),
        ] {
            assert_eq!(parse(text), expected.map(Duration::from_millis), "{text}");
        }
    }
}
