//! Links to our own routes.

use agent_sdk::{CorrelationId, SessionId};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::auth::is_local_authority;

/// Where the answer of a run is fetched.
pub(crate) fn run_path(agent: &str, session: &SessionId, correlation: &CorrelationId) -> String {
    format!(
        "/api/agents/{}/{}/runs/{}",
        encoded(agent),
        encoded(session.as_str()),
        encoded(correlation.as_str())
    )
}

/// What our links begin with. Nothing that a request says of our name is believed unless it can
/// only be this machine, or the settings say that a proxy in front of us wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `AGENT_BASE_URL`.
    pub(crate) base_url: Option<String>,
    /// `AGENT_USE_FORWARDED_HOST`: whether `X-Forwarded-Host` and `X-Forwarded-Proto` are ours.
    pub(crate) use_forwarded_host: bool,
    /// What `WEBSITE_HOSTNAME` names.
    pub(crate) website: Option<String>,
}

impl Origin {
    /// Whether links can be absolute whoever asks.
    pub(crate) fn is_known(&self) -> bool {
        self.base_url.is_some() || self.use_forwarded_host || self.website.is_some()
    }

    /// The path as a link, for the sender of a request with these headers: absolute where we know
    /// what we are called.
    pub(crate) fn link(&self, path: &str, headers: &HeaderMap) -> String {
        let forwarded = || {
            self.use_forwarded_host
                .then(|| forwarded(headers))
                .flatten()
        };
        let base = (self.base_url.clone())
            .or_else(forwarded)
            .or_else(|| self.website.clone())
            .or_else(|| local(headers));
        match base {
            Some(base) => format!("{}{path}", base.trim_end_matches('/')),
            None => path.to_owned(),
        }
    }
}

/// What a proxy says that it was called by. It says both, or it is not asked.
fn forwarded(headers: &HeaderMap) -> Option<String> {
    let host = host(headers.get("x-forwarded-host")?)?;
    let scheme = match headers.get("x-forwarded-proto")?.as_bytes() {
        b"https" => "https",
        b"http" => "http",
        _ => return None,
    };
    Some(format!("{scheme}://{host}"))
}

/// What we are called by on this machine.
fn local(headers: &HeaderMap) -> Option<String> {
    let host = host(headers.get(header::HOST)?)?;
    is_local_authority(host).then(|| format!("http://{host}"))
}

/// A host with a port, if it is nothing else.
fn host(value: &HeaderValue) -> Option<&str> {
    let host = value.to_str().ok()?;
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let is_authority = host.parse::<Authority>().is_ok();
    (is_authority && host.chars().all(allowed)).then_some(host)
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

    /// What a request says, and how the link begins then.
    type Case<'a> = (&'a [(&'static str, &'static str)], &'a str);

    fn begins(origin: &Origin, cases: &[Case<'_>]) {
        for (headers, expected) in cases {
            let mut map = HeaderMap::new();
            for (name, value) in *headers {
                map.append(*name, HeaderValue::from_static(value));
            }
            let link = origin.link("/x", &map);
            assert_eq!(link, format!("{expected}/x"), "{origin:?} {headers:?}");
        }
    }

    const LOCAL: (&str, &str) = ("host", "localhost:7071");
    const FOREIGN: (&str, &str) = ("host", "evil.example");
    const PROXY: (&str, &str) = ("x-forwarded-host", "evil.example:8443");
    const TLS: (&str, &str) = ("x-forwarded-proto", "https");

    #[test]
    fn unless_we_are_told_our_name_only_this_machine_is_one() {
        begins(
            &Origin::default(),
            &[
                (&[], ""),
                (&[LOCAL], "http://localhost:7071"),
                (&[("host", "127.0.0.1")], "http://127.0.0.1"),
                (&[("host", "[::1]:80")], "http://[::1]:80"),
                (&[LOCAL, PROXY, TLS], "http://localhost:7071"),
                (&[FOREIGN], ""),
                (&[FOREIGN, PROXY, TLS], ""),
                (&[("host", "10.1.2.3:7071")], ""),
                (&[("host", "localhost.evil.example")], ""),
                (&[("host", "me@localhost")], ""),
                (&[("host", "localhost/<script>")], ""),
                (&[("host", "localhost:1:2")], ""),
                (&[("host", "")], ""),
                (&[("forwarded", "host=evil.example;proto=https")], ""),
            ],
        );
    }

    #[test]
    fn a_proxy_is_believed_where_the_settings_say_so_and_it_says_all() {
        let origin = Origin {
            use_forwarded_host: true,
            ..Origin::default()
        };
        let plain = ("x-forwarded-proto", "http");
        begins(
            &origin,
            &[
                (&[LOCAL, PROXY, TLS], "https://evil.example:8443"),
                (&[FOREIGN, PROXY, plain], "http://evil.example:8443"),
                (&[LOCAL, PROXY], "http://localhost:7071"),
                (&[LOCAL, TLS], "http://localhost:7071"),
                (&[FOREIGN, TLS], ""),
                (&[PROXY, ("x-forwarded-proto", "javascript")], ""),
                (&[("x-forwarded-host", "a/b"), TLS], ""),
                (&[("x-forwarded-host", "a, b"), TLS], ""),
            ],
        );
    }

    #[test]
    fn what_is_set_comes_before_what_a_request_says() {
        let mut origin = Origin {
            website: Some(String::from("https://site.example")),
            ..Origin::default()
        };
        let all: &[_] = &[LOCAL, PROXY, TLS];
        begins(
            &origin,
            &[(all, "https://site.example"), (&[], "https://site.example")],
        );
        origin.use_forwarded_host = true;
        begins(
            &origin,
            &[
                (all, "https://evil.example:8443"),
                (&[LOCAL], "https://site.example"),
            ],
        );
        origin.base_url = Some(String::from("https://b.example/team/"));
        begins(
            &origin,
            &[
                (all, "https://b.example/team"),
                (&[FOREIGN], "https://b.example/team"),
            ],
        );
    }
}
