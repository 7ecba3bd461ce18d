//! The order of versions.

use std::cmp::Ordering;

/// The newest of some versions: the empty one is the oldest; two that read as `a.b[.c[.d]]` compare
/// as numbers; all others as text, without case.
pub fn newest<'a>(versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    versions
        .into_iter()
        .max_by(|left, right| compare(left, right))
}

fn compare(left: &str, right: &str) -> Ordering {
    if left.is_empty() || right.is_empty() {
        return right.is_empty().cmp(&left.is_empty());
    }
    match (numbers(left), numbers(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    let parts: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| (2..=4).contains(&parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_of_versions() {
        let table: [(&[&str], Option<&str>); 6] = [
            (&[], None),
            (&[""], Some("")),
            (&["", "a"], Some("a")),
            (&["1.9", "1.10", "1.2"], Some("1.10")),
            (&["1.0.1", "1.0"], Some("1.0.1")),
            (&["Beta", "alpha"], Some("Beta")),
        ];
        for (versions, expected) in table {
            assert_eq!(newest(versions.iter().copied()), expected, "{versions:?}");
        }
    }
}
