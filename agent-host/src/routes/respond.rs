//! Building answers: bodies, and the headers that name the session.

use agent_sdk::SessionId;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use durable_task::Timestamp;
use serde::Serialize;
use serde_json::json;

/// Both names of the header that tells the session: the current one and that of older releases.
const SESSION_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-ms-session-id"),
    HeaderName::from_static("x-ms-thread-id"),
];

/// A JSON answer, its keys in the order of the type's fields.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let kind = HeaderValue::from_static("application/json");
            (status, [(header::CONTENT_TYPE, kind)], bytes).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A text answer.
pub(crate) fn text(status: StatusCode, body: impl Into<String>) -> Response {
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], body.into()).into_response()
}

/// `{"error": text}`.
pub(crate) fn error(status: StatusCode, text: &str) -> Response {
    json(status, &json!({ "error": text }))
}

/// The same answer with the headers that name its session.
pub(crate) fn with_session(mut response: Response, session: &SessionId) -> Response {
    // A session id has no control characters, and no others are refused in a header.
    if let Ok(value) = HeaderValue::from_bytes(session.as_str().as_bytes()) {
        for name in SESSION_HEADERS {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// The same answer with a `Location`.
pub(crate) fn with_location(mut response: Response, path: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// The same answer with a `Retry-After` in whole seconds, at least one.
pub(crate) fn with_retry_after(mut response: Response, after: std::time::Duration) -> Response {
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    let value = HeaderValue::from(seconds.max(1));
    response.headers_mut().insert(header::RETRY_AFTER, value);
    response
}

/// UTC with milliseconds: `2026-01-01T00:00:00.000Z`.
pub(crate) fn timestamp(at: Timestamp) -> String {
    const DIGITS_TO_MILLISECONDS: usize = "2026-01-01T00:00:00.000".len();
    let mut text = at.to_round_trip();
    text.truncate(DIGITS_TO_MILLISECONDS);
    text.push('Z');
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_timestamp_has_milliseconds() {
        assert_eq!(timestamp(Timestamp::EPOCH), "1970-01-01T00:00:00.000Z");
        let at = Timestamp::EPOCH.saturating_add(Duration::from_micros(1_234_567));
        assert_eq!(timestamp(at), "1970-01-01T00:00:01.234Z");
    }

    #[test]
    fn retry_after_is_rounded_up() {
        for (after, expected) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (60_000, "60")] {
            let response = error(StatusCode::TOO_MANY_REQUESTS, "full");
            let response = with_retry_after(response, Duration::from_millis(after));
            assert_eq!(response.headers()["retry-after"], expected);
        }
    }

    #[test]
    fn both_headers_name_the_session_whatever_its_letters() {
        let session = SessionId::new("Grüße 1").unwrap();
        let response = with_session(error(StatusCode::OK, ""), &session);
        for name in ["x-ms-session-id", "x-ms-thread-id"] {
            assert_eq!(response.headers()[name].as_bytes(), "Grüße 1".as_bytes());
        }
    }
}
