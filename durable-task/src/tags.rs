//! Labels of orchestrations and activities.

use std::collections::BTreeMap;

use crate::OrchestrationError;

/// How many bytes of UTF-8 all keys and values of one set of labels may have together: the smallest
/// limit of all backends.
pub const TAGS_UTF8_BYTES_MAX: usize = 8 * 1024;

/// A key that the Durable Functions extension keeps for itself.
const RESERVED: &str = "MS_DurableFunctions_SourceInstanceId";

/// Checks what labels have to satisfy on every backend: at most [`TAGS_UTF8_BYTES_MAX`], no empty
/// key, no key that a backend keeps for itself.
///
/// # Errors
///
/// [`OrchestrationError::NotAllowed`], which says what is wrong.
pub fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), OrchestrationError> {
    let bytes: usize = tags
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    let problem = if tags.keys().any(String::is_empty) {
        String::from("a tag has an empty key")
    } else if tags.contains_key(RESERVED) {
        format!("the tag `{RESERVED}` is reserved")
    } else if bytes > TAGS_UTF8_BYTES_MAX {
        format!(
            "the tags have {bytes} bytes; the limit TAGS_UTF8_BYTES_MAX is {TAGS_UTF8_BYTES_MAX}"
        )
    } else {
        return Ok(());
    };
    Err(OrchestrationError::NotAllowed(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_held_under_the_smallest_limit() {
        let half = "x".repeat(TAGS_UTF8_BYTES_MAX / 2);
        let short = &half[1..];
        let table = [
            (vec![], None),
            (vec![("a", ""), ("b", "c")], None),
            (vec![("", "c")], Some("empty key")),
            (vec![(RESERVED, "c")], Some("is reserved")),
            (
                vec![("a", half.as_str()), ("b", half.as_str())],
                Some("have 8194 bytes"),
            ),
        ];
        for (tags, expected) in table {
            let tags = tags
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()));
            let problem = check_tags(&tags.collect())
                .err()
                .map(|error| error.to_string());
            match expected {
                None => assert_eq!(problem, None),
                Some(text) => assert!(problem.unwrap().contains(text)),
            }
        }
        let full = [("a", short), ("b", short)].map(|(key, value)| (key.into(), value.into()));
        assert_eq!(check_tags(&full.into()), Ok(()));
    }
}
