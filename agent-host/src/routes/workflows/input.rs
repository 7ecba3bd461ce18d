//! What a request to run a workflow says: pure.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::routes::negotiate::bool_text;

/// How long `run` waits if it does not say.
const WAIT: Duration = Duration::from_secs(10);
/// The longest wait that can be asked for, in seconds.
const WAIT_SECONDS_MAX: u64 = 200;

/// Why a request is refused.
pub(super) type Refusal = (StatusCode, &'static str);

/// How long the caller wants to wait; `None` where it does not.
pub(super) fn wait(
    headers: &HeaderMap,
    query: &[(String, String)],
) -> Result<Option<Duration>, Refusal> {
    let asked = find(query, "waitForResponse");
    let waits = match header_wait(headers) {
        Some(waits) => waits,
        None => match asked {
            None => false,
            Some(text) => bool_text(text).ok_or((
                StatusCode::BAD_REQUEST,
                "'waitForResponse' must be a boolean value.",
            ))?,
        },
    };
    if !waits {
        return Ok(None);
    }
    let Some(text) = find(query, "timeoutSeconds") else {
        return Ok(Some(WAIT));
    };
    match text.trim().parse() {
        Ok(seconds @ 1..=WAIT_SECONDS_MAX) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err((
            StatusCode::BAD_REQUEST,
            "'timeoutSeconds' must be an integer between 1 and 200.",
        )),
    }
}

/// What the header of both families says, if it can be read.
pub(super) fn header_wait(headers: &HeaderMap) -> Option<bool> {
    let value = headers.get("x-ms-wait-for-response")?.to_str().ok()?;
    bool_text(value)
}

/// The id that the run is to have.
pub(super) fn run_id(query: &[(String, String)]) -> Option<String> {
    find(query, "runId").map(str::to_owned)
}

pub(super) fn find<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// What a body can mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Readings {
    /// The likeliest first; none if there is nothing to read.
    pub(super) in_order: Vec<String>,
    /// Which of them is the body as JSON, whatever its content type, if it is JSON. The other one
    /// is the body as a text.
    pub(super) json: Option<usize>,
    /// Why it is not JSON, if it is not.
    pub(super) not_json: Option<String>,
}

/// As JSON, else as a text.
pub(super) fn json_first(body: &[u8]) -> Readings {
    readings(body, true)
}

/// As a text, else as JSON.
pub(super) fn text_first(body: &[u8]) -> Readings {
    readings(body, false)
}

fn readings(body: &[u8], is_json_first: bool) -> Readings {
    let text = String::from_utf8_lossy(body);
    if text.trim().is_empty() {
        return Readings {
            in_order: Vec::new(),
            json: None,
            not_json: None,
        };
    }
    let mut in_order = vec![Value::from(text.as_ref()).to_string()];
    // Bytes that are not UTF-8 are no JSON: a value is never changed on the way in.
    let (json, not_json) = match serde_json::from_slice::<&RawValue>(body) {
        Ok(json) => {
            let place = usize::from(!is_json_first);
            in_order.insert(place, json.get().to_owned());
            (Some(place), None)
        }
        Err(error) => (None, Some(error.to_string())),
    };
    Readings {
        in_order,
        json,
        not_json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    /// Headers, query, and what comes of them.
    type Case<'a> = (
        &'a HeaderMap,
        &'a [(&'a str, &'a str)],
        Result<Option<Duration>, Refusal>,
    );

    #[test]
    fn the_wait_is_read_from_header_and_query() {
        let mut header = HeaderMap::new();
        header.insert("x-ms-wait-for-response", "Yes".parse().unwrap());
        let mut unknown = HeaderMap::new();
        unknown.insert("x-ms-wait-for-response", "perhaps".parse().unwrap());
        let none = HeaderMap::new();
        let seconds = |seconds| Ok(Some(Duration::from_secs(seconds)));
        let bad = |text| Err((StatusCode::BAD_REQUEST, text));
        let no_bool = "'waitForResponse' must be a boolean value.";
        let no_number = "'timeoutSeconds' must be an integer between 1 and 200.";
        let table: [Case<'_>; 10] = [
            (&none, &[], Ok(None)),
            (&header, &[], seconds(10)),
            (&header, &[("waitForResponse", "no")], seconds(10)),
            (&unknown, &[("waitForResponse", "1")], seconds(10)),
            (&none, &[("waitForResponse", "maybe")], bad(no_bool)),
            (&none, &[("timeoutSeconds", "x")], Ok(None)),
            (&header, &[("timeoutSeconds", "200")], seconds(200)),
            (&header, &[("timeoutSeconds", "201")], bad(no_number)),
            (&header, &[("timeoutSeconds", "0")], bad(no_number)),
            (&header, &[("timeoutSeconds", "1.5")], bad(no_number)),
        ];
        for (headers, pairs, expected) in table {
            assert_eq!(wait(headers, &query(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_body_is_read_as_json_and_as_text() {
        let both = |json: &str, text: &str| Readings {
            in_order: vec![json.to_owned(), text.to_owned()],
            json: Some(0),
            not_json: None,
        };
        let only = |text: &str, why: &str| Readings {
            in_order: vec![text.to_owned()],
            json: None,
            not_json: Some(why.to_owned()),
        };
        let no_json = "expected value at line 1 column 1";
        assert_eq!(
            json_first(b" {\"a\": 1} "),
            both("{\"a\": 1}", "\" {\\\"a\\\": 1} \"")
        );
        assert_eq!(json_first(b"12345"), both("12345", "\"12345\""));
        assert_eq!(json_first(b"null"), both("null", "\"null\""));
        assert_eq!(json_first(b"Hi there"), only("\"Hi there\"", no_json));
        assert_eq!(
            json_first(b"\"a\xff\""),
            only(
                "\"\\\"a\u{fffd}\\\"\"",
                "invalid unicode code point at line 1 column 3"
            )
        );
        let text = text_first(b"12345");
        assert_eq!(text.in_order, ["\"12345\"", "12345"]);
        assert_eq!(text.json, Some(1));
        assert_eq!(text_first(b"Hi"), only("\"Hi\"", no_json));
        assert!(json_first(b" \n").in_order.is_empty());
    }
}
