//! Where people answer the questions of a run: the addresses of the host's routes.

use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Names the host under which this program is reached from outside.
const HOST_VARIABLE: &str = "WEBSITE_HOSTNAME";
/// Names the folder of `host.json`.
const ROOT_VARIABLE: &str = "AzureWebJobsScriptRoot";
/// What paths begin with, unless `host.json` says otherwise.
const PREFIX: &str = "api";

/// Why no link could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Nobody says how this program is reached from outside.
    #[error(
        "no link into run `{instance}` can be made: no base URL is known; set `WEBSITE_HOSTNAME`, \
         or register a resource: `.resource(PublicUrl::new(\"https://..\"))`"
    )]
    NoBaseUrl {
        /// The run.
        instance: String,
    },
    /// Several questions of a port could be meant.
    #[error(
        "which question of `{port}` this run of the node belongs to can't be told in run \
         `{instance}`; send the same message to both, `.. >> (port, node)`: in `(node, other) >> \
         port` the question is there only when both are done, so make the link after the executor \
         that puts them together: `(node, other) >> ask >> (port, tell)`"
    )]
    Ambiguous {
        /// The type of the port.
        port: &'static str,
        /// The run.
        instance: String,
    },
    /// The workflow does not ask this.
    #[error(
        "workflow `{workflow}` has no request port `{port}`, so run `{instance}` never asks it"
    )]
    NoSuchPort {
        /// The workflow.
        workflow: String,
        /// The type of the port.
        port: &'static str,
        /// The run.
        instance: String,
    },
}

/// How this program is reached from outside; register it as a resource to say so. Without it the
/// address is that of the host's settings ([`HostUrl`]), else what `WEBSITE_HOSTNAME` says with the
/// prefix of `host.json` (else `api`), else the port on which the host listens.
///
/// ```
/// use agent_sdk::workflow::PublicUrl;
///
/// let url = PublicUrl::new("localhost:7071");
/// assert_eq!(url.base(), "http://localhost:7071/api");
/// let url = PublicUrl::new("https://shop.example/").prefix("");
/// assert_eq!(url.base(), "https://shop.example");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    prefix: String,
}

impl PublicUrl {
    /// By the name of a host, with or without `https://`; what is on this machine is `http`.
    pub fn new(host: impl AsRef<str>) -> Self {
        let host = host.as_ref().trim().trim_end_matches('/');
        let origin = if host.contains("://") {
            host.to_owned()
        } else if is_local(host) {
            format!("http://{host}")
        } else {
            format!("https://{host}")
        };
        Self {
            origin,
            prefix: PREFIX.to_owned(),
        }
    }

    /// With another beginning of all paths; empty for none.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.trim_matches('/').clone_into(&mut self.prefix);
        self
    }

    /// What the paths of routes are put behind.
    pub fn base(&self) -> String {
        if self.prefix.is_empty() {
            self.origin.clone()
        } else {
            format!("{}/{}", self.origin, self.prefix)
        }
    }

    /// As the environment says it.
    pub(crate) fn of_environment() -> Option<Self> {
        let host = std::env::var(HOST_VARIABLE).ok()?;
        if host.trim().is_empty() {
            return None;
        }
        let root = std::env::var(ROOT_VARIABLE).unwrap_or_else(|_| String::from("."));
        let file = std::fs::read_to_string(Path::new(&root).join("host.json"));
        let prefix = file.ok().and_then(|text| configured_prefix(&text));
        Some(Self::new(host).prefix(prefix.as_deref().unwrap_or(PREFIX)))
    }
}

/// What the host of an app knows of its own address; it registers this as a resource, and links are
/// made with it where no [`PublicUrl`] is registered. Clones share what is known.
///
/// ```
/// use agent_sdk::workflow::HostUrl;
///
/// let url = HostUrl::new(None);
/// url.listens_on(7071);
/// assert_eq!(url.local().unwrap().base(), "http://localhost:7071/api");
/// ```
#[derive(Debug, Clone, Default)]
pub struct HostUrl {
    configured: Option<PublicUrl>,
    local: Arc<OnceLock<PublicUrl>>,
}

impl HostUrl {
    /// With the address that the settings of the host name, if they do.
    pub fn new(configured: Option<&str>) -> Self {
        Self {
            configured: configured.map(PublicUrl::new),
            local: Arc::default(),
        }
    }

    /// Says on which port of this machine the host listens. What is said first counts.
    pub fn listens_on(&self, port: u16) {
        let local = PublicUrl::new(format!("localhost:{port}"));
        self.local.get_or_init(|| local);
    }

    /// The address that the settings name.
    pub fn configured(&self) -> Option<PublicUrl> {
        self.configured.clone()
    }

    /// The address at the port, once that is known.
    pub fn local(&self) -> Option<PublicUrl> {
        self.local.get().cloned()
    }
}

/// Of this machine, which no certificate names.
fn is_local(host: &str) -> bool {
    if host == "::1" || host.starts_with("[::1]") {
        return true;
    }
    let name = host.split(':').next().unwrap_or(host);
    name.eq_ignore_ascii_case("localhost") || name.starts_with("127.") || name == "0.0.0.0"
}

/// `extensions.http.routePrefix` of a `host.json`.
fn configured_prefix(text: &str) -> Option<String> {
    let file: serde_json::Value = serde_json::from_str(text).ok()?;
    let prefix = file.pointer("/extensions/http/routePrefix")?.as_str()?;
    Some(prefix.to_owned())
}

/// A segment of a path, percent-encoded where it has to be.
pub(crate) fn segment(text: &str) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_that_of_the_place() {
        for (host, expected) in [
            ("shop.example", "https://shop.example/api"),
            ("shop.example:8080", "https://shop.example:8080/api"),
            ("http://shop.example", "http://shop.example/api"),
            (" https://shop.example/ ", "https://shop.example/api"),
            ("localhost:7071", "http://localhost:7071/api"),
            ("LOCALHOST", "http://LOCALHOST/api"),
            ("localhost.example", "https://localhost.example/api"),
            ("127.0.0.1:80", "http://127.0.0.1:80/api"),
            ("0.0.0.0", "http://0.0.0.0/api"),
            ("::1", "http://::1/api"),
            ("[::1]:7071", "http://[::1]:7071/api"),
        ] {
            assert_eq!(PublicUrl::new(host).base(), expected);
        }
    }

    #[test]
    fn the_prefix_can_be_another_or_none() {
        let url = PublicUrl::new("a.example");
        assert_eq!(url.clone().prefix("/x/y/").base(), "https://a.example/x/y");
        assert_eq!(url.prefix("/").base(), "https://a.example");
    }

    #[test]
    fn host_json_names_the_prefix() {
        for (text, expected) in [
            (
                r#"{"extensions":{"http":{"routePrefix":"v1"}}}"#,
                Some("v1"),
            ),
            (r#"{"extensions":{"http":{"routePrefix":""}}}"#, Some("")),
            (r#"{"extensions":{"http":{}}}"#, None),
            ("{", None),
        ] {
            assert_eq!(configured_prefix(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn segments_are_encoded() {
        assert_eq!(segment("ask-0"), "ask-0");
        assert_eq!(segment("a/b c?é"), "a%2Fb%20c%3F%C3%A9");
        assert_eq!(segment("outer::inner::0"), "outer::inner::0");
    }
}
