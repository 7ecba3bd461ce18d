//! Tokens from an endpoint that is played here: what it is asked, and what comes of its answers.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::super::token::TokenCache;
use super::*;

/// What must stand in no text.
const SECRETS: [&str; 4] = ["hush-secret", "hush-assertion", "hush-header", "hush-token"];

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    /// Method, path and query.
    line: String,
    form: String,
    /// `metadata` and `x-identity-header`.
    headers: Vec<String>,
}

/// What it answers: a status and a body, or nothing, ever.
type Answers = Mutex<VecDeque<Option<(u16, String)>>>;

/// An endpoint that gives tokens; dropping it ends it.
struct Endpoint {
    address: SocketAddr,
    answers: Arc<Answers>,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: AbortHandle,
}

impl Endpoint {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Answers::default());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (queue, log) = (Arc::clone(&answers), Arc::clone(&asked));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (queue, log) = (Arc::clone(&queue), Arc::clone(&log));
                let service = service_fn(move |request| {
                    respond(request, Arc::clone(&queue), Arc::clone(&log))
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self {
            address,
            answers,
            asked,
            serving: serving.abort_handle(),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn answer(&self, status: u16, body: &str) {
        let answer = Some((status, body.to_owned()));
        self.answers.lock().unwrap().push_back(answer);
    }

    fn token(&self, token: &str, expires_in: u64) {
        let body = format!(r#"{{"access_token":"{token}","expires_in":{expires_in}}}"#);
        self.answer(200, &body);
    }

    /// Takes the next request and says nothing.
    fn silence(&self) {
        self.answers.lock().unwrap().push_back(None);
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn respond(
    request: Request<Incoming>,
    answers: Arc<Answers>,
    asked: Arc<Mutex<Vec<Asked>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let line = format!("{} {}", request.method(), request.uri());
    let headers = ["metadata", "x-identity-header"].map(|name| {
        let value = request.headers().get(name)?.to_str().ok()?;
        Some(format!("{name}: {value}"))
    });
    let form = request.into_body().collect().await.unwrap().to_bytes();
    asked.lock().unwrap().push(Asked {
        line,
        form: String::from_utf8(form.to_vec()).unwrap(),
        headers: headers.into_iter().flatten().collect(),
    });
    let answer = answers.lock().unwrap().pop_front();
    let Some((status, body)) = answer.expect("an answer for each request") else {
        return std::future::pending().await;
    };
    let response = Response::builder().status(status);
    Ok(response.body(Full::from(Bytes::from(body))).unwrap())
}

/// The source of a connection string, in an environment.
fn tokens(
    authentication: &str,
    more: &str,
    variables: &[(&str, &str)],
) -> Result<EntraTokens, TokenError> {
    let text =
        format!("Endpoint=http://localhost;TaskHub=h;Authentication={authentication};{more}");
    let connection: SchedulerConnection = text.parse().unwrap();
    let find = |name: &str| {
        let mut pairs = variables.iter();
        let found = pairs.find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Ok(EntraTokens::new(&connection, find)?.unwrap())
}

fn federated_file() -> (tempfile::NamedTempFile, String) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "hush-assertion").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    (file, path)
}

async fn secret_of(tokens: &EntraTokens) -> String {
    let token = tokens.token().await.unwrap();
    token.secret.expose_secret().to_owned()
}

fn is_discreet(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn a_client_secret_is_posted_to_the_tenant() {
    let endpoint = Endpoint::start().await;
    endpoint.token("hush-token", 3600);
    let url = endpoint.url();
    let variables = [
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", "hush-secret"),
        ("AZURE_AUTHORITY_HOST", &url),
    ];
    let tokens = tokens("Environment", "", &variables).unwrap();
    is_discreet(&format!("{tokens:?}"));
    assert_eq!(secret_of(&tokens).await, "hush-token");
    let expected = Asked {
        line: "POST /tenant/oauth2/v2.0/token".into(),
        form: "grant_type=client_credentials&client_id=client\
               &scope=https%3A%2F%2Fdurabletask.io%2F.default&client_secret=hush-secret"
            .into(),
        headers: Vec::new(),
    };
    assert_eq!(endpoint.asked(), [expected]);
}

#[tokio::test]
async fn a_workload_identity_posts_what_its_file_says_now() {
    let endpoint = Endpoint::start().await;
    endpoint.token("one", 3600);
    endpoint.token("two", 3600);
    let (_file, path) = federated_file();
    let url = endpoint.url();
    let variables = [("AZURE_AUTHORITY_HOST", url.as_str())];
    let more = format!("TenantId=tenant;ClientID=client;TokenFilePath={path}");
    let tokens = tokens("WorkloadIdentity", &more, &variables).unwrap();
    assert_eq!(secret_of(&tokens).await, "one");
    std::fs::write(&path, "renewed").unwrap();
    assert_eq!(secret_of(&tokens).await, "two");
    let forms: Vec<String> = endpoint.asked().into_iter().map(|one| one.form).collect();
    let form = |assertion: &str| {
        format!(
            "grant_type=client_credentials&client_id=client\
             &scope=https%3A%2F%2Fdurabletask.io%2F.default\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3A\
             jwt-bearer&client_assertion={assertion}"
        )
    };
    assert_eq!(forms, [form("hush-assertion"), form("renewed")]);
}

#[tokio::test]
async fn identities_of_the_platform_are_asked_in_their_own_forms() {
    let endpoint = Endpoint::start().await;
    endpoint.answer(
        200,
        r#"{"access_token":"app","expires_on":"4102444800","resource":"r"}"#,
    );
    endpoint.answer(
        200,
        r#"{"access_token":"machine","expires_in":"60","expires_on":"4102444800"}"#,
    );
    let url = endpoint.url();
    let identity = format!("{url}/msi/token");
    let app = [
        ("IDENTITY_ENDPOINT", identity.as_str()),
        ("IDENTITY_HEADER", "hush-header"),
    ];
    let app = tokens("ManagedIdentity", "ClientID=mine", &app).unwrap();
    is_discreet(&format!("{app:?}"));
    let machine = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", url.as_str())];
    let machine = tokens("ManagedIdentity", "", &machine).unwrap();
    let token = app.token().await.unwrap();
    assert_eq!(token.secret.expose_secret(), "app");
    assert_eq!(token.expires_at.to_string(), "2100-01-01T00:00:00Z");
    assert_eq!(secret_of(&machine).await, "machine");
    let get = |line: &str, header: &str| Asked {
        line: format!("GET {line}"),
        form: String::new(),
        headers: vec![header.to_owned()],
    };
    let expected = [
        get(
            "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fdurabletask.io\
             &client_id=mine",
            "x-identity-header: hush-header",
        ),
        get(
            "/metadata/identity/oauth2/token?api-version=2018-02-01\
             &resource=https%3A%2F%2Fdurabletask.io",
            "metadata: true",
        ),
    ];
    assert_eq!(endpoint.asked(), expected);
}

fn with_secret(url: &str) -> EntraTokens {
    let variables = [
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", "hush-secret"),
        ("AZURE_AUTHORITY_HOST", url),
    ];
    tokens("Environment", "", &variables).unwrap()
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_renewed_before_its_end() {
    let endpoint = Endpoint::start().await;
    endpoint.token("one", 900);
    endpoint.answer(503, "busy");
    endpoint.token("two", 900);
    let cache = TokenCache::new(Arc::new(with_secret(&endpoint.url())));
    let begun = Timestamp::now();
    let after = |seconds| begun.saturating_add(Duration::from_secs(seconds));
    let (first, second) = tokio::join!(cache.bearer(begun), cache.bearer(begun));
    assert_eq!(first.unwrap(), "Bearer one");
    assert_eq!(second.unwrap(), "Bearer one");
    assert_eq!(cache.bearer(after(590)).await.unwrap(), "Bearer one");
    assert_eq!(endpoint.asked().len(), 1);
    // Five minutes before its end a new one is asked for; until that comes the old one is used.
    assert_eq!(cache.bearer(after(700)).await.unwrap(), "Bearer one");
    assert_eq!(cache.bearer(after(701)).await.unwrap(), "Bearer two");
    assert_eq!(endpoint.asked().len(), 3);
}

#[tokio::test]
async fn an_error_says_who_refused_and_tells_no_secret() {
    let endpoint = Endpoint::start().await;
    let tokens = with_secret(&endpoint.url());
    let long = format!(
        r#"{{"error":"invalid_client","error_description":"{}"}}"#,
        "x".repeat(5_000)
    );
    for (status, body, is_retryable, words) in [
        (
            401,
            long.as_str(),
            false,
            "gives no token: status 401: invalid_client xx",
        ),
        (400, "<html>", false, "gives no token: status 400"),
        (429, "", true, "can't be asked: status 429"),
        (500, "{}", true, "can't be asked: status 500"),
        (200, "hush-token", false, "no token with a time of its end"),
        (
            200,
            r#"{"access_token":"","expires_in":9}"#,
            false,
            "no token with a time",
        ),
    ] {
        endpoint.answer(status, body);
        let error = tokens.token().await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("Microsoft Entra (client secret)"),
            "{text}"
        );
        assert!(text.contains(words), "{text}");
        assert!(text.len() < 500, "{text}");
        assert_eq!(error.is_retryable(), is_retryable, "{status}");
        is_discreet(&format!("{text} {error:?}"));
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let endpoint = Endpoint::start().await;
    endpoint.answer(200, &"x".repeat(1024 * 1024 + 1));
    let error = with_secret(&endpoint.url()).token().await.unwrap_err();
    assert!(error.to_string().contains("length limit"), "{error}");
}

#[tokio::test]
async fn whoever_is_not_there_can_be_asked_later() {
    let endpoint = Endpoint::start().await;
    let (url, address) = (endpoint.url(), endpoint.address.to_string());
    let serving = endpoint.serving.clone();
    drop(endpoint);
    while !serving.is_finished() {
        tokio::task::yield_now().await;
    }
    let error = with_secret(&url).token().await.unwrap_err();
    assert!(error.is_retryable());
    assert!(error.to_string().contains(&address), "{error}");
}

/// The clock jumps when everything waits, as it does for an answer that never comes.
#[tokio::test(start_paused = true)]
async fn a_silent_endpoint_is_given_up() {
    let endpoint = Endpoint::start().await;
    endpoint.silence();
    let error = with_secret(&endpoint.url()).token().await.unwrap_err();
    assert!(error.is_retryable());
    let text = error.to_string();
    assert!(text.ends_with("no answer within 30s"), "{text}");
    is_discreet(&text);
}

/// All ways at one endpoint.
fn default_azure(url: &str, file: &str, program: &str) -> EntraTokens {
    let variables = [
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", "hush-secret"),
        ("AZURE_FEDERATED_TOKEN_FILE", file),
        ("AZURE_AUTHORITY_HOST", url),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", url),
    ];
    let mut tokens = tokens("DefaultAzure", "", &variables).unwrap();
    let Some(Way::Cli { program: name, .. }) = tokens.ways.last_mut() else {
        panic!("{tokens:?}")
    };
    program.clone_into(name);
    tokens
}

#[tokio::test]
async fn the_default_chain_tries_one_way_after_the_other() {
    let endpoint = Endpoint::start().await;
    let (_file, path) = federated_file();
    let tokens = default_azure(&endpoint.url(), &path, "/no/such/az");
    let ways = "[\"Microsoft Entra (client secret)\", \"Microsoft Entra (workload identity)\", \
                \"the identity endpoint of the machine\", \"the Azure CLI\"]";
    assert_eq!(format!("{tokens:?}"), ways);
    for refusals in 0..3 {
        for _ in 0..refusals {
            endpoint.answer(400, r#"{"error":"no"}"#);
        }
        endpoint.token(&format!("t{refusals}"), 3600);
        assert_eq!(secret_of(&tokens).await, format!("t{refusals}"));
    }
    let asked = endpoint.asked();
    let kinds: Vec<&str> = asked.iter().map(kind).collect();
    let all = [
        "secret",
        "secret",
        "federated",
        "secret",
        "federated",
        "machine",
    ];
    assert_eq!(kinds, all);
    assert!(asked[5].line.ends_with("&client_id=client"), "{asked:?}");
    for _ in 0..3 {
        endpoint.answer(400, r#"{"error":"no"}"#);
    }
    let error = tokens.token().await.unwrap_err();
    let text = error.to_string();
    for words in [
        "(client secret)",
        "(workload",
        "of the machine",
        "`/no/such/az`",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert!(!error.is_retryable(), "{text}");
    is_discreet(&text);
}

fn kind(asked: &Asked) -> &'static str {
    match asked {
        Asked { form, .. } if form.contains("client_secret=") => "secret",
        Asked { form, .. } if form.contains("client_assertion=") => "federated",
        Asked { line, .. } if line.starts_with("GET /metadata") => "machine",
        _ => "other",
    }
}

#[tokio::test]
async fn ways_without_settings_are_left_out_of_the_default_chain() {
    let tokens = tokens("DefaultAzure", "", &[("AZURE_TENANT_ID", "t")]).unwrap();
    let expected = "[\"the identity endpoint of the machine\", \"the Azure CLI\"]";
    assert_eq!(format!("{tokens:?}"), expected);
}

#[cfg(unix)]
#[tokio::test]
async fn the_azure_cli_is_asked_for_the_scope() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("az");
    let script = "#!/bin/sh\n\
                  case \"$*\" in *fails*) echo \"ERROR: run 'az login'\" >&2; exit 1;; esac\n\
                  echo \"{\\\"accessToken\\\":\\\"$*\\\",\\\"expires_on\\\":4102444800}\"\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let way = |tenant: &str| EntraTokens {
        ways: vec![Way::Cli {
            program: program.to_str().unwrap().to_owned(),
            tenant: Some(tenant.to_owned()),
        }],
    };
    let said = "account get-access-token --output json --scope https://durabletask.io/.default \
                --tenant t";
    assert_eq!(secret_of(&way("t")).await, said);
    let error = way("fails").token().await.unwrap_err();
    let expected = "the Azure CLI gives no token: ERROR: run 'az login'";
    assert_eq!(error.to_string(), expected);
}
