//! What a request's headers and query say of formats: read in one place, by every family.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

/// The query of a request, decoded, in its own order.
pub(crate) type Query = Vec<(String, String)>;

/// The parts of a request that a parser reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestParts<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Text,
}

/// The media type of the body: without parameters, lower-cased; `None` if the request names none.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(media_type(value))
}

/// Whether a media type is JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// Whether exactly `wanted` is among the accepted types. Wildcards do not count.
pub(crate) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| media_type(part) == wanted)
}

/// Whether a stream is asked for, by header or by the field of a JSON body.
pub(crate) fn asks_for_stream(headers: &HeaderMap, body: &Map<String, Value>) -> bool {
    let header = headers
        .get("x-stream")
        .and_then(|value| value.to_str().ok())
        .and_then(bool_text);
    let field = body.get("stream").and_then(bool_like);
    accepts(headers, "text/event-stream") || header == Some(true) || field == Some(true)
}

/// Reads a bool-like text; `None` if it is not recognised.
pub(crate) fn bool_text(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" => Some(true),
        "false" | "0" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// Reads a bool-like value: a boolean, a number, or a text; `None` if it is not recognised.
pub(crate) fn bool_like(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => bool_text(text),
        _ => None,
    }
}

fn media_type(value: &str) -> String {
    let (essence, _) = value.split_once(';').unwrap_or((value, ""));
    essence.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_content_type_is_read_without_parameters_and_case() {
        let table = [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            (" application/problem+json ;x=y", true),
            ("text/json", false),
            ("application/jsonl", false),
            ("text/plain", false),
            ("", false),
        ];
        for (value, json) in table {
            let found = content_type(&headers(&[("content-type", value)])).unwrap();
            assert_eq!(is_json(&found), json, "{value:?}");
        }
        assert_eq!(content_type(&HeaderMap::new()), None);
    }

    #[test]
    fn only_the_exact_type_is_accepted() {
        let table = [
            ("application/json", true),
            ("text/html, Application/JSON;q=0.5", true),
            ("*/*", false),
            ("application/*", false),
            ("application/problem+json", false),
        ];
        for (value, expected) in table {
            let found = accepts(&headers(&[("accept", value)]), "application/json");
            assert_eq!(found, expected, "{value:?}");
        }
        let two_lines = headers(&[("accept", "text/html"), ("accept", "application/json")]);
        assert!(accepts(&two_lines, "application/json"));
    }

    #[test]
    fn bool_like_values() {
        let yes = [
            json!(true),
            json!(1),
            json!(-2.5),
            json!(" Yes "),
            json!("Y"),
            json!("ON"),
        ];
        let no = [
            json!(false),
            json!(0),
            json!(0.0),
            json!("false"),
            json!("N"),
            json!(" off"),
        ];
        let neither = [
            json!(null),
            json!("2"),
            json!(""),
            json!([]),
            json!({}),
            json!("maybe"),
        ];
        for value in yes {
            assert_eq!(bool_like(&value), Some(true), "{value}");
        }
        for value in no {
            assert_eq!(bool_like(&value), Some(false), "{value}");
        }
        for value in neither {
            assert_eq!(bool_like(&value), None, "{value}");
        }
    }

    #[test]
    fn a_stream_is_asked_for_in_three_ways() {
        let none = Map::new();
        let field = |value: Value| Map::from_iter([(String::from("stream"), value)]);
        assert!(!asks_for_stream(&HeaderMap::new(), &none));
        assert!(asks_for_stream(
            &headers(&[("accept", "a/b, text/event-stream")]),
            &none
        ));
        assert!(asks_for_stream(&headers(&[("x-stream", "True")]), &none));
        assert!(!asks_for_stream(&headers(&[("x-stream", "false")]), &none));
        assert!(asks_for_stream(&HeaderMap::new(), &field(json!(true))));
        assert!(!asks_for_stream(&HeaderMap::new(), &field(json!(false))));
    }
}
