//! Which session a request names, over all spellings.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::negotiate::RequestParts;

/// Every spelling of the session id that some release of the reference has used.
const SPELLINGS: [&str; 5] = [
    "session_id",
    "thread_id",
    "sessionId",
    "sessionKey",
    "conversation_id",
];
/// The spellings of the first release, which are answered in kind.
const FIRST_RELEASE: [&str; 2] = ["sessionId", "sessionKey"];
/// Where a request names its session if it does so nowhere else.
const HEADERS: [&str; 2] = ["x-ms-session-id", "x-ms-thread-id"];

/// What a request says of its session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SessionField {
    /// The id as it was sent, unchecked.
    pub(crate) value: Option<String>,
    /// Whether a spelling of the first release was used.
    pub(crate) first_release: bool,
}

/// Why the session can't be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SessionFieldError {
    #[error("Conflicting session identifiers supplied: {0}")]
    Conflict(String),
    #[error("'{0}' must be a string")]
    Type(&'static str),
}

/// Finds the session id in query and body, else in the headers.
pub(crate) fn session_field(
    request: RequestParts<'_>,
    body: &Map<String, Value>,
) -> Result<SessionField, SessionFieldError> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut first_release = false;
    for name in SPELLINGS {
        let in_query = request.query.iter().filter(|(key, _)| key == name);
        let mut values: Vec<(&str, String)> = in_query
            .map(|(_, value)| ("query string", value.clone()))
            .collect();
        if let Some(value) = body.get(name) {
            let text = scalar_text(value).ok_or(SessionFieldError::Type(name))?;
            values.push(("request body", text));
        }
        for (place, value) in values {
            if !value.trim().is_empty() {
                first_release |= FIRST_RELEASE.contains(&name);
                found.push((format!("{name} in the {place}"), value));
            }
        }
    }
    let Some((_, first)) = found.first() else {
        return Ok(SessionField {
            value: header_value(request.headers),
            first_release: false,
        });
    };
    if found.iter().any(|(_, value)| value != first) {
        return Err(SessionFieldError::Conflict(pairs(found)));
    }
    Ok(SessionField {
        value: Some(first.clone()),
        first_release,
    })
}

fn pairs(mut found: Vec<(String, String)>) -> String {
    found.sort();
    let pairs: Vec<String> = found
        .iter()
        .map(|(name, value)| format!("{name}={}", quoted(value)))
        .collect();
    pairs.join(", ")
}

/// In single quotes, with what would break out of them, and control characters, escaped.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('\'');
    for character in value.chars() {
        if matches!(character, '\'' | '\\') || character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text.push('\'');
    text
}

/// The text of a string, number or boolean; of null, nothing. `None` for lists and objects.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn header_value(headers: &HeaderMap) -> Option<String> {
    HEADERS
        .iter()
        .filter_map(|name| headers.get(*name))
        .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
        .find(|value| !value.trim().is_empty())
        .map(String::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(
        query: &[(&str, &str)],
        body: Value,
        headers: &[(&'static str, &str)],
    ) -> Result<SessionField, String> {
        let query: Vec<(String, String)> = query
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let Value::Object(body) = body else {
            panic!("the body of a case is an object")
        };
        let parts = RequestParts {
            headers: &map,
            query: &query,
            body: &[],
        };
        session_field(parts, &body).map_err(|error| error.to_string())
    }

    fn some(value: &str) -> SessionField {
        SessionField {
            value: Some(value.to_owned()),
            first_release: false,
        }
    }

    #[test]
    fn every_spelling_is_read_in_body_and_query() {
        for name in SPELLINGS {
            let expected = Ok(SessionField {
                value: Some(String::from("s1")),
                first_release: FIRST_RELEASE.contains(&name),
            });
            assert_eq!(read(&[], json!({ name: "s1" }), &[]), expected, "{name}");
            assert_eq!(read(&[(name, "s1")], json!({}), &[]), expected, "{name}");
        }
    }

    #[test]
    fn blank_and_null_values_are_ignored() {
        let body = json!({"session_id": null, "thread_id": "  ", "conversation_id": "c"});
        assert_eq!(read(&[("session_id", "")], body, &[]), Ok(some("c")));
        assert_eq!(read(&[], json!({}), &[]), Ok(SessionField::default()));
    }

    #[test]
    fn numbers_and_booleans_count_as_their_text() {
        assert_eq!(read(&[], json!({"session_id": 17}), &[]), Ok(some("17")));
        assert_eq!(
            read(&[("thread_id", "true")], json!({"session_id": true}), &[]),
            Ok(some("true"))
        );
        let list = read(&[], json!({"session_id": ["s1"]}), &[]);
        assert_eq!(list, Err(String::from("'session_id' must be a string")));
    }

    #[test]
    fn the_same_value_twice_is_no_conflict() {
        let body = json!({"session_id": "s1", "thread_id": "s1"});
        assert_eq!(
            read(&[("sessionKey", "s1")], body, &[])
                .unwrap()
                .value
                .unwrap(),
            "s1"
        );
    }

    #[test]
    fn a_conflict_lists_all_values_sorted_by_name() {
        let body = json!({"thread_id": "b", "session_id": "a"});
        let found = read(&[("session_id", "it's")], body, &[]);
        let expected = "Conflicting session identifiers supplied: \
                        session_id in the query string='it\\'s', \
                        session_id in the request body='a', thread_id in the request body='b'";
        assert_eq!(found, Err(expected.to_owned()));
    }

    #[test]
    fn headers_are_the_last_resort_and_never_conflict() {
        let both = [("x-ms-thread-id", "t"), ("x-ms-session-id", "s")];
        assert_eq!(read(&[], json!({}), &both), Ok(some("s")));
        assert_eq!(read(&[], json!({}), &both[..1]), Ok(some("t")));
        assert_eq!(
            read(&[("session_id", "q")], json!({}), &both),
            Ok(some("q"))
        );
    }
}
