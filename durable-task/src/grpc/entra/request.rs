//! What is asked, and what the answer means. No IO here.

use std::fmt::Write as _;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;

use crate::Timestamp;
use crate::grpc::{AccessToken, TokenError};

use super::{RESOURCE, SCOPE, Way};

/// The longest text of an error that is repeated, in characters.
const ERROR_CHARS_MAX: usize = 300;
/// How a federated token is named.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A request. It is not printed: it has secrets in it.
pub(in crate::grpc) struct Ask {
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    /// A form to post; nothing is a GET.
    pub(super) form: Option<String>,
}

/// An answer.
pub(in crate::grpc) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Way {
    /// The request for a token. `assertion` is the federated token, where one is needed.
    pub(super) fn ask(&self, assertion: Option<&str>) -> Result<Ask, TokenError> {
        match self {
            Self::Secret {
                authority,
                tenant,
                client,
                secret,
            } => {
                let secret = ("client_secret", secret.expose_secret());
                post(authority, tenant, client, &[secret])
            }
            Self::Federated {
                authority,
                tenant,
                client,
                ..
            } => {
                let more = [
                    ("client_assertion_type", ASSERTION),
                    ("client_assertion", assertion.unwrap_or_default()),
                ];
                post(authority, tenant, client, &more)
            }
            Self::App {
                endpoint,
                header,
                client,
            } => Ok(Ask {
                url: with_query(endpoint, "2019-08-01", client.as_deref()),
                headers: vec![("x-identity-header", header.expose_secret().to_owned())],
                form: None,
            }),
            Self::Machine {
                endpoint, client, ..
            } => {
                let endpoint = endpoint.trim_end_matches('/');
                let path = format!("{endpoint}/metadata/identity/oauth2/token");
                Ok(Ask {
                    url: with_query(&path, "2018-02-01", client.as_deref()),
                    headers: vec![("metadata", String::from("true"))],
                    form: None,
                })
            }
            Self::Cli { .. } => Err(TokenError::Settings {
                problem: String::from("the Azure CLI is not asked over HTTP"),
            }),
        }
    }
}

/// The client credentials flow.
fn post(
    authority: &str,
    tenant: &str,
    client: &str,
    more: &[(&str, &str)],
) -> Result<Ask, TokenError> {
    let is_tenant = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if tenant.is_empty() || !tenant.chars().all(is_tenant) {
        return Err(TokenError::Settings {
            problem: format!("`{tenant}` is not the id or the domain of a tenant"),
        });
    }
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("scope", SCOPE),
    ];
    let fields = fields.iter().chain(more);
    let form: Vec<String> = fields
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let authority = authority.trim_end_matches('/');
    Ok(Ask {
        url: format!("{authority}/{tenant}/oauth2/v2.0/token"),
        headers: Vec::new(),
        form: Some(form.join("&")),
    })
}

fn with_query(url: &str, version: &str, client: Option<&str>) -> String {
    let resource = encode(RESOURCE);
    let mut text = format!("{url}?api-version={version}&resource={resource}");
    if let Some(client) = client {
        text.push_str("&client_id=");
        text.push_str(&encode(client));
    }
    text
}

/// Percent-encodes all but what never has a meaning.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[derive(Deserialize)]
struct Body {
    #[serde(alias = "accessToken")]
    access_token: Option<String>,
    expires_in: Option<Value>,
    expires_on: Option<Value>,
    error: Option<Value>,
    error_description: Option<String>,
}

impl Answer {
    /// The token in it, or why there is none.
    pub(super) fn token(&self, from: &str, now: Timestamp) -> Result<AccessToken, TokenError> {
        let from = from.to_owned();
        let body: Option<Body> = serde_json::from_slice(&self.body).ok();
        if self.status == 200 {
            let token = body.and_then(|body| {
                let expires_at = body.expires_at(now)?;
                let secret = body.access_token.filter(|token| !token.is_empty())?;
                Some(AccessToken {
                    secret: secret.into(),
                    expires_at,
                })
            });
            let reason = String::from("its answer has no token with a time of its end");
            return token.ok_or(TokenError::Refused { from, reason });
        }
        let reason = format!(
            "status {}{}",
            self.status,
            body.map(|body| body.problem()).unwrap_or_default()
        );
        Err(match self.status {
            // Identities of the platform answer so while they are being set up.
            404 | 410 | 429 | 500.. => TokenError::Unavailable { from, reason },
            _ => TokenError::Refused { from, reason },
        })
    }
}

impl Body {
    fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        let number = |value: &Option<Value>| match value.as_ref()? {
            Value::String(text) => text.trim().parse::<u64>().ok(),
            other => other.as_u64(),
        };
        let after = |start: Timestamp, seconds| start.saturating_add(Duration::from_secs(seconds));
        let at = number(&self.expires_on).map(|seconds| after(Timestamp::EPOCH, seconds));
        at.or_else(|| Some(after(now, number(&self.expires_in)?)))
    }

    fn problem(&self) -> String {
        let error = match &self.error {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        let description = self.error_description.as_deref().unwrap_or_default();
        let text = format!("{error} {description}");
        if text.trim().is_empty() {
            return String::new();
        }
        format!(": {}", short(&text))
    }
}

/// The first line, not too long.
pub(super) fn short(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    line.chars().take(ERROR_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.saturating_add(Duration::from_secs(seconds))
    }

    fn answer(status: u16, body: &str) -> Result<AccessToken, TokenError> {
        let body = body.as_bytes().to_vec();
        Answer { status, body }.token("the test", at(1_000))
    }

    #[test]
    fn a_secret_and_an_assertion_are_posted_encoded() {
        let way = Way::Secret {
            authority: "https://login.example/".into(),
            tenant: "t-1".into(),
            client: "c".into(),
            secret: "a&b=c+d %é".to_owned().into(),
        };
        let ask = way.ask(None).unwrap();
        assert_eq!(ask.url, "https://login.example/t-1/oauth2/v2.0/token");
        assert_eq!(
            ask.form.unwrap(),
            "grant_type=client_credentials&client_id=c\
             &scope=https%3A%2F%2Fdurabletask.io%2F.default\
             &client_secret=a%26b%3Dc%2Bd%20%25%C3%A9"
        );
        let way = Way::Federated {
            authority: "https://login.example".into(),
            tenant: "t".into(),
            client: "c".into(),
            file: "/f".into(),
        };
        let form = way.ask(Some("x.y.z")).unwrap().form.unwrap();
        assert!(
            form.ends_with("jwt-bearer&client_assertion=x.y.z"),
            "{form}"
        );
    }

    #[test]
    fn identities_of_the_platform_are_asked_with_their_headers() {
        let way = Way::App {
            endpoint: "http://localhost:1/msi/token".into(),
            header: "hush".to_owned().into(),
            client: Some("c 1".into()),
        };
        let ask = way.ask(None).unwrap();
        assert_eq!(
            ask.url,
            "http://localhost:1/msi/token?api-version=2019-08-01\
             &resource=https%3A%2F%2Fdurabletask.io&client_id=c%201"
        );
        assert_eq!(ask.headers, [("x-identity-header", "hush".to_owned())]);
        assert!(ask.form.is_none());
        let way = Way::Machine {
            endpoint: "http://169.254.169.254".into(),
            client: None,
            timeout: Duration::ZERO,
        };
        let ask = way.ask(None).unwrap();
        assert!(ask.url.starts_with(
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&"
        ));
        assert_eq!(ask.headers, [("metadata", "true".to_owned())]);
    }

    #[test]
    fn a_tenant_is_not_a_path() {
        let way = Way::Secret {
            authority: "https://login.example".into(),
            tenant: "a/b".into(),
            client: "c".into(),
            secret: "hush".to_owned().into(),
        };
        let error = way.ask(None).err().unwrap().to_string();
        assert_eq!(error, "`a/b` is not the id or the domain of a tenant");
    }

    #[test]
    fn every_form_of_the_end_is_read() {
        for (body, expected) in [
            (r#"{"access_token":"t","expires_in":60}"#, at(1_060)),
            (r#"{"access_token":"t","expires_in":"60"}"#, at(1_060)),
            (
                r#"{"access_token":"t","expires_in":"60","expires_on":"2000"}"#,
                at(2_000),
            ),
            (
                r#"{"accessToken":"t","expiresOn":"2026-01-01 00:00","expires_on":3000}"#,
                at(3_000),
            ),
        ] {
            let token = answer(200, body).unwrap();
            assert_eq!(token.expires_at, expected, "{body}");
            assert_eq!(token.secret.expose_secret(), "t");
        }
    }

    #[test]
    fn refusals_are_told_and_only_some_may_change() {
        for (status, body, retry, expected) in [
            (
                401,
                r#"{"error":"invalid_client","error_description":"AADSTS7000215: no\nTrace"}"#,
                false,
                "the test gives no token: status 401: invalid_client AADSTS7000215: no",
            ),
            (503, "busy", true, "the test can't be asked: status 503"),
            (
                429,
                r#"{"error":{"code":"x"}}"#,
                true,
                "the test can't be asked: status 429",
            ),
            (
                200,
                r#"{"access_token":"hush"}"#,
                false,
                "the test gives no token: its answer has no token with a time of its end",
            ),
        ] {
            let error = answer(status, body).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.is_retryable(), retry, "{status}");
        }
    }
}
