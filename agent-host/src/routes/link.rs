//! Links to our own routes.

use agent_sdk::{CorrelationId, SessionId};
use axum::http::{HeaderMap, HeaderValue, header};

/// Where the answer of a run is fetched.
pub(crate) fn run_path(agent: &str, session: &SessionId, correlation: &CorrelationId) -> String {
    format!(
        "/api/agents/{}/{}/runs/{}",
        encoded(agent),
        encoded(session.as_str()),
        encoded(correlation.as_str())
    )
}

/// The path as an absolute link where we know under which name the client reached us.
pub(crate) fn absolute(path: &str, base_url: Option<&str>, headers: &HeaderMap) -> String {
    if let Some(base) = base_url {
        return format!("{}{path}", base.trim_end_matches('/'));
    }
    let host = ["x-forwarded-host", header::HOST.as_str()]
        .iter()
        .find_map(|name| plain(headers.get(*name)?));
    let scheme = match headers.get("x-forwarded-proto").map(HeaderValue::as_bytes) {
        Some(b"https") => "https",
        _ => "http",
    };
    match host {
        Some(host) => format!("{scheme}://{host}{path}"),
        None => path.to_owned(),
    }
}

/// A host with a port, if it is nothing else.
fn plain(value: &HeaderValue) -> Option<&str> {
    let host = value.to_str().ok()?;
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    (!host.is_empty() && host.chars().all(allowed)).then_some(host)
}

/// Percent-encoded for one path segment: only unreserved characters stay.
pub(crate) fn encoded(segment: &str) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_encoded() {
        let session = SessionId::new("a b%@ä").unwrap();
        let correlation = CorrelationId::new("c:1").unwrap();
        let expected = "/api/agents/My%20Agent/a%20b%25%40%C3%A4/runs/c%3A1";
        assert_eq!(run_path("My Agent", &session, &correlation), expected);
    }

    #[test]
    fn a_link_begins_with_what_the_client_called_us() {
        let mut headers = HeaderMap::new();
        assert_eq!(absolute("/x", None, &headers), "/x");
        headers.insert("host", HeaderValue::from_static("localhost:7071"));
        assert_eq!(absolute("/x", None, &headers), "http://localhost:7071/x");
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        headers.insert("x-forwarded-host", HeaderValue::from_static("app.example"));
        assert_eq!(absolute("/x", None, &headers), "https://app.example/x");
        assert_eq!(
            absolute("/x", Some("https://b.example/"), &headers),
            "https://b.example/x"
        );
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("evil/<script>"));
        assert_eq!(absolute("/x", None, &headers), "/x");
    }
}
