//! Function keys: who may call a route.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

use crate::options::AuthLevel;
use crate::routes::negotiate::Query;
use crate::routes::query_of;
use crate::routes::respond::error;

/// The keys that open the app's routes. `Debug` shows none of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct FunctionKeys {
    function: Vec<SecretString>,
    admin: Option<SecretString>,
    /// Opens the management API of durable instances.
    system: Option<SecretString>,
}

impl FunctionKeys {
    /// Reads a list separated by commas, and the admin key. Blank entries count for nothing.
    pub(crate) fn parse(function: Option<&str>, admin: Option<&str>) -> Self {
        let keys = function.unwrap_or_default().split(',').map(str::trim);
        Self {
            function: keys
                .filter(|key| !key.is_empty())
                .map(SecretString::from)
                .collect(),
            admin: admin
                .map(str::trim)
                .filter(|key| !key.is_empty())
                .map(SecretString::from),
            system: None,
        }
    }

    /// The same keys, and the system key of the management API. A blank one counts for nothing.
    pub(crate) fn with_system(mut self, system: Option<&str>) -> Self {
        self.system = system
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .map(SecretString::from);
        self
    }

    /// Whether a request that shows this key may use the management API. It takes the system key
    /// or the admin key; without any key at all it is open, like everything.
    pub(crate) fn allow_management(&self, shown: Option<&str>) -> bool {
        if self.is_empty() && self.system.is_none() {
            return true;
        }
        let Some(shown) = shown else {
            return false;
        };
        matches(self.system.iter().chain(&self.admin), shown)
    }

    /// The key that links of the management API carry. Never the admin key.
    pub(crate) fn management_link_key(&self) -> Option<&str> {
        self.system.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Whether there is no key at all: then every level is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.function.is_empty() && self.admin.is_none()
    }

    /// Whether there is a key that opens a level.
    pub(crate) fn can_open(&self, level: AuthLevel) -> bool {
        match level {
            AuthLevel::Anonymous => true,
            AuthLevel::Function => !self.is_empty(),
            AuthLevel::Admin => self.admin.is_some(),
        }
    }

    /// Whether a request that shows this key may pass. The time it takes depends on the length of
    /// the keys only.
    pub(crate) fn allow(&self, level: AuthLevel, shown: Option<&str>) -> bool {
        if self.is_empty() || level == AuthLevel::Anonymous {
            return true;
        }
        let Some(shown) = shown else {
            return false;
        };
        let function = match level {
            AuthLevel::Function => self.function.as_slice(),
            AuthLevel::Anonymous | AuthLevel::Admin => &[],
        };
        matches(function.iter().chain(&self.admin), shown)
    }
}

/// Whether a shown key is one of these. All are compared.
fn matches<'a>(keys: impl Iterator<Item = &'a SecretString>, shown: &str) -> bool {
    let found = keys.fold(Choice::from(0), |found, key| {
        found | key.expose_secret().as_bytes().ct_eq(shown.as_bytes())
    });
    found.into()
}

/// The key that a request shows: in the header, else in the query.
pub(crate) fn shown_key<'a>(headers: &'a HeaderMap, query: &'a Query) -> Option<&'a str> {
    match headers.get("x-functions-key") {
        Some(value) => value.to_str().ok(),
        None => query
            .iter()
            .find(|(name, _)| name == "code")
            .map(|(_, value)| value.as_str()),
    }
}

/// What a guarded route asks for.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) keys: FunctionKeys,
    pub(crate) level: AuthLevel,
}

/// Lets a request pass, or answers 401 with an empty body.
pub(crate) async fn require_key(
    State(guard): State<Guard>,
    request: Request,
    next: Next,
) -> Response {
    let query = query_of(request.uri());
    if guard
        .keys
        .allow(guard.level, shown_key(request.headers(), &query))
    {
        next.run(request).await
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

/// Without keys only this machine is trusted, and a browser on it runs pages of others: refuses
/// what such a page sends, from its own origin or under a name of its own that leads here.
pub(crate) async fn require_local(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).map(HeaderValue::to_str);
    let host_is_local = match text(HOST) {
        None => true,
        Some(host) => host.is_ok_and(is_local_authority),
    };
    let origin_is_local = match text(ORIGIN) {
        None => true,
        Some(origin) => origin.is_ok_and(|origin| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some_and(is_local_authority)
        }),
    };
    if host_is_local && origin_is_local {
        next.run(request).await
    } else {
        let text = "Without function keys only this machine may call: set AGENT_FUNCTION_KEYS";
        error(StatusCode::FORBIDDEN, text)
    }
}

/// Whether `host[:port]` names this machine.
pub(crate) fn is_local_authority(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority.host().to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for local in [
            "localhost",
            "LocalHost:7071",
            "app.localhost",
            "127.0.0.1:1",
            "127.9.9.9",
        ] {
            assert!(is_local_authority(local), "{local}");
        }
        assert!(is_local_authority("[::1]:7071"));
        let foreign = [
            "evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "[::2]",
            "",
            "a b",
        ];
        for foreign in foreign {
            assert!(!is_local_authority(foreign), "{foreign}");
        }
    }

    #[tokio::test]
    async fn a_page_of_others_is_refused() {
        use axum::Router;
        use axum::body::Body;
        use axum::routing::get;
        use tower::ServiceExt as _;

        let router = Router::new()
            .route("/a", get(|| async { "in" }))
            .layer(axum::middleware::from_fn(require_local));
        for (host, origin, status) in [
            (None, None, 200),
            (Some("localhost:7071"), None, 200),
            (Some("127.0.0.1:7071"), Some("http://localhost:3000"), 200),
            (Some("evil.example"), None, 403),
            (Some("localhost"), Some("https://evil.example"), 403),
            (Some("localhost"), Some("null"), 403),
        ] {
            let mut request = Request::get("/a");
            for (name, value) in [(HOST, host), (ORIGIN, origin)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            let request = request.body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{host:?} {origin:?}");
        }
    }

    #[test]
    fn without_keys_every_level_is_open() {
        let keys = FunctionKeys::parse(Some(" , "), Some(""));
        assert!(keys.is_empty());
        for level in [AuthLevel::Anonymous, AuthLevel::Function, AuthLevel::Admin] {
            assert!(keys.allow(level, None));
        }
    }

    #[test]
    fn a_level_asks_for_its_keys() {
        let keys = FunctionKeys::parse(Some("one, two=="), Some("root"));
        let table = [
            (AuthLevel::Anonymous, None, true),
            (AuthLevel::Anonymous, Some("wrong"), true),
            (AuthLevel::Function, None, false),
            (AuthLevel::Function, Some(""), false),
            (AuthLevel::Function, Some("on"), false),
            (AuthLevel::Function, Some("one"), true),
            (AuthLevel::Function, Some("two=="), true),
            (AuthLevel::Function, Some("root"), true),
            (AuthLevel::Admin, Some("one"), false),
            (AuthLevel::Admin, Some("root"), true),
            (AuthLevel::Admin, None, false),
        ];
        for (level, shown, expected) in table {
            assert_eq!(keys.allow(level, shown), expected, "{level:?} {shown:?}");
        }
    }

    #[test]
    fn an_admin_level_needs_an_admin_key() {
        let keys = FunctionKeys::parse(Some("one"), None);
        assert!(keys.can_open(AuthLevel::Function));
        assert!(!keys.can_open(AuthLevel::Admin));
        assert!(!keys.allow(AuthLevel::Admin, Some("one")));
    }

    #[test]
    fn the_header_comes_before_the_query() {
        let mut headers = HeaderMap::new();
        let query = vec![(String::from("code"), String::from("q"))];
        assert_eq!(shown_key(&headers, &query), Some("q"));
        headers.insert("x-functions-key", "h".parse().unwrap());
        assert_eq!(shown_key(&headers, &query), Some("h"));
        assert_eq!(shown_key(&HeaderMap::new(), &Vec::new()), None);
    }

    #[tokio::test]
    async fn a_guarded_route_answers_401_with_an_empty_body() {
        use axum::Router;
        use axum::body::Body;
        use axum::routing::get;
        use http_body_util::BodyExt as _;
        use tower::ServiceExt as _;

        let guard = Guard {
            keys: FunctionKeys::parse(Some("one"), None),
            level: AuthLevel::Function,
        };
        let router = Router::new()
            .route("/a", get(|| async { "in" }))
            .route_layer(axum::middleware::from_fn_with_state(guard, require_key));
        let send = |path: &str, key: Option<&str>| {
            let mut request = Request::get(path);
            if let Some(key) = key {
                request = request.header("x-functions-key", key);
            }
            router.clone().oneshot(request.body(Body::empty()).unwrap())
        };
        for (path, key, status) in [
            ("/a", None, 401),
            ("/a?code=two", None, 401),
            ("/a?code=one", Some("two"), 401),
            ("/a?code=one", None, 200),
            ("/a", Some("one"), 200),
            ("/b", None, 404),
        ] {
            let response = send(path, key).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{path} {key:?}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.is_empty(), status != 200);
        }
    }

    #[test]
    fn keys_are_not_shown() {
        let keys = FunctionKeys::parse(Some("hush-1"), Some("hush-2"));
        assert!(!format!("{keys:?}").contains("hush"));
    }
}
