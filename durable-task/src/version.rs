//! The order of versions.

use std::cmp::Ordering;

/// Compares two versions of an orchestrator: the empty one is the lowest; two that read as
/// `a.b[.c[.d]]` compare as numbers; all others as text, without case.
pub(crate) fn compare_versions(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        (false, false) => {}
    }
    match (numbers(left), numbers(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    let parts: Vec<u64> = version
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    (2..=4).contains(&parts.len()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_where_both_are_numbers() {
        let table = [
            ("", "", Ordering::Equal),
            ("", "1.0", Ordering::Less),
            ("1.0", "", Ordering::Greater),
            ("1.9", "1.10", Ordering::Less),
            ("1.0", "1.0.0", Ordering::Less),
            ("2.0", "1.9.9.9", Ordering::Greater),
            ("9", "10", Ordering::Greater),
            ("1.x", "1.10", Ordering::Greater),
            ("Beta", "alpha", Ordering::Greater),
            ("v1", "V1", Ordering::Equal),
            ("1.0.0.0.1", "1.0", Ordering::Greater),
        ];
        for (left, right, expected) in table {
            assert_eq!(compare_versions(left, right), expected, "{left} {right}");
            assert_eq!(compare_versions(right, left), expected.reverse());
        }
    }
}
