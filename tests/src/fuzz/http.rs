//! Requests to the host: bodies, queries, headers, paths.

use std::time::Duration;

use agent_host::{FunctionApp, Host, HubLocation};
use agent_sdk::model::ScriptedModel;
use agent_sdk::prelude::*;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::run::{block_on, soon};
use super::{Source, Verdict, code, json, samples};

const REQUESTS: usize = 50;
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Double a number.
#[tool]
fn double(
    /// The number.
    number: i64,
) -> i64 {
    number.wrapping_mul(2)
}

#[agent(instructions = "Secret.", tools = [double])]
struct Weather;

/// Method, path with its query, and body.
type Sample = (&'static str, &'static str, &'static str);

const SAMPLES: &[Sample] = &[
    (
        "POST",
        "/api/agents/Weather/run?session_id=s1",
        r#"{"message": "Hi", "session_id": "s1", "role": "user", "wait_for_response": true}"#,
    ),
    (
        "POST",
        "/api/agents/Weather/run",
        r#"{"message": "Hi", "enable_tool_calls": true, "wait_for_response": false}"#,
    ),
    (
        "POST",
        "/api/agents/Weather/chat?code=1",
        concat!(
            r#"{"messages": [{"role": "user", "content": "Hi"}, "#,
            r#"{"role": "user", "content": [{"type": "text", "text": "x"}]}]}"#
        ),
    ),
    ("GET", "/api/agents/Weather/s1", ""),
    ("DELETE", "/api/agents/Weather/s1", ""),
    ("GET", "/api/agents/Weather/s1/runs/c1", ""),
    ("GET", "/api/agents/Weather/info", ""),
    ("GET", "/api/agents", ""),
    (
        "POST",
        "/runtime/webhooks/durabletask/orchestrators/sequence/i1",
        "3",
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/orchestrators/anything?timeout=1&pollingInterval=1",
        r#"{"a": 1}"#,
    ),
    (
        "GET",
        "/runtime/webhooks/durabletask/instances/i1?showHistory=true&\
         showHistoryOutput=true&showInput=false",
        "",
    ),
    (
        "GET",
        "/runtime/webhooks/durabletask/instances?top=2&runtimeStatus=Completed,Running&\
         createdTimeFrom=2026-01-01T00:00:00Z&instanceIdPrefix=i",
        "",
    ),
    (
        "DELETE",
        "/runtime/webhooks/durabletask/instances?createdTimeFrom=2026-01-01T00:00:00Z&\
         runtimeStatus=Failed",
        "",
    ),
    (
        "DELETE",
        "/runtime/webhooks/durabletask/instances/i1?recursive=true",
        "",
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/instances/i1/raiseEvent/go?taskHub=h&connection=c",
        r#"{"x": [1, 2]}"#,
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/instances/i1/terminate?reason=no",
        "",
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/instances/i1/suspend?reason=no",
        "",
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/instances/i1/resume",
        "",
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/instances/i1/rewind?reason=no",
        "",
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/instances/i1/restart?restartWithNewInstanceId=false",
        "",
    ),
    (
        "GET",
        "/runtime/webhooks/durabletask/instances/i1/history",
        "",
    ),
    (
        "POST",
        "/runtime/webhooks/durabletask/entities/account/k1?op=add",
        "1",
    ),
    (
        "GET",
        "/runtime/webhooks/durabletask/entities/account/k1",
        "",
    ),
    (
        "GET",
        "/runtime/webhooks/durabletask/entities/account?fetchState=true&top=1&\
         lastOperationTimeFrom=2026-01-01T00:00:00Z",
        "",
    ),
];

const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("content-type", "text/plain; charset=utf-8"),
    ("accept", "application/json, text/plain;q=0.5"),
    ("x-ms-wait-for-response", "true"),
    ("x-ms-session-id", "s1"),
    ("x-ms-thread-id", "s1"),
    ("idempotency-key", "k1"),
    ("x-ms-continuation-token", "MTAx"),
    ("x-functions-key", "secret"),
    ("host", "localhost:7071"),
    ("origin", "http://localhost:3000"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "example.com"),
    (
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    ("content-length", "3"),
];

pub fn run(source: &mut Source) -> Verdict {
    block_on(check(source))
}

async fn check(source: &mut Source) -> Verdict {
    let app = FunctionApp::new()
        .agent::<Weather>()
        .model(ScriptedModel::new())
        .body_limit(BODY_BYTES_MAX)
        .max_poll_retries(1)
        .poll_interval(Duration::from_millis(50))
        .register(code::register);
    let host = app.start(HubLocation::Memory).await;
    let host = host.map_err(|error| error.to_string())?;
    for _ in 0..REQUESTS {
        one_request(source, &host).await?;
    }
    still_works(&host).await?;
    soon("the shutdown", host.shutdown(Duration::from_secs(1))).await
}

async fn one_request(source: &mut Source, host: &Host) -> Verdict {
    let (method, path, body) = *source.pick(SAMPLES);
    let target = path_of(source, path);
    let body = body_of(source, body);
    let method = if source.one_in(10) {
        source
            .pick(&[Method::PUT, Method::PATCH, Method::HEAD, Method::OPTIONS])
            .clone()
    } else {
        method.parse().unwrap_or(Method::GET)
    };
    let shown = format!("{method} {target} {:?}", String::from_utf8_lossy(&body));
    let mut request = Request::builder().method(method).uri(&target);
    for _ in 0..source.below(4) {
        let (name, value) = *source.pick(HEADERS);
        let value = if source.one_in(2) {
            value.as_bytes().to_vec()
        } else {
            source.changed_text(value).into_bytes()
        };
        // What is no header value does not come through any server.
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            request = request.header(name, value);
        }
    }
    // Neither does what is no target, and who asks to wait for long waits for long.
    if waits_for_long(&target) {
        return Ok(());
    }
    let Ok(request) = request.body(Body::from(body)) else {
        return Ok(());
    };
    let shown = format!("{shown} {:?}", request.headers());
    let (status, text) = send(host, request, &shown).await?;
    let is_allowed = status != 500 || documented(&target, &text);
    if is_allowed && status != 502 {
        Ok(())
    } else {
        Err(format!("{shown}\nis answered with {status} {text}"))
    }
}

fn waits_for_long(target: &str) -> bool {
    let (_, query) = target.split_once('?').unwrap_or_default();
    let seconds = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_timeout = name.eq_ignore_ascii_case("timeout");
        is_timeout.then(|| value.parse().unwrap_or(0.0_f64))
    });
    seconds.fold(0.0, f64::max) > 10.0
}

/// Where `docs/http.md` has an internal error as an answer.
fn documented(target: &str, text: &str) -> bool {
    let failed_run = target.contains("/agents/");
    failed_run && !text.contains("panic")
        || target.to_lowercase().contains("returninternalservererroronfailure")
        // The field's own answer to a message that the state of an instance does not allow.
        || text.contains("can't be")
}

async fn send(host: &Host, request: Request<Body>, shown: &str) -> Result<(u16, String), String> {
    let sent = async {
        let response = host.router().oneshot(request).await;
        let response = response.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        let bytes = body.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    };
    soon(shown, sent).await?
}

fn path_of(source: &mut Source, path: &str) -> String {
    if source.one_in(2) {
        return path.to_owned();
    }
    let (route, query) = path.split_once('?').unwrap_or((path, ""));
    let mut segments: Vec<String> = route.split('/').map(str::to_owned).collect();
    let mut pairs: Vec<String> = query.split('&').map(str::to_owned).collect();
    for _ in 0..=source.below(2) {
        let list = if source.one_in(3) {
            &mut segments
        } else {
            &mut pairs
        };
        let at = source.below(list.len());
        let begin = list[at].split_once('=').map(|(name, _)| name.to_owned());
        let text = match begin {
            Some(name) if !source.one_in(4) => format!("{name}={}", encoded(&source.text())),
            _ => encoded(&source.changed_text(&list[at])),
        };
        match source.below(4) {
            0 => list.push(text),
            1 if list.len() > 1 => drop(list.remove(at)),
            _ => list[at] = text,
        }
    }
    let route = segments.join("/");
    let separator = if pairs.is_empty() { "" } else { "?" };
    format!("{route}{separator}{}", pairs.join("&"))
}

/// With escapes where a target can't have the byte as it is.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'!'..=b'~' if byte != b'#' && byte != b'?' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().take(400).map(byte).collect()
}

fn body_of(source: &mut Source, body: &str) -> Vec<u8> {
    let recorded = samples::recorded_json();
    if source.one_in(12) && !recorded.is_empty() {
        let text = source.pick(recorded).clone();
        let line = text.lines().next().unwrap_or_default();
        return json::changed_bytes(source, line);
    }
    match source.below(8) {
        0 => body.as_bytes().to_vec(),
        1 => source.text().into_bytes(),
        2 => source.changed_bytes(body.as_bytes(), b"{\"message\": \"other\"}"),
        _ => json::changed_bytes(source, body),
    }
}

async fn still_works(host: &Host) -> Verdict {
    let request = Request::post("/api/agents/Weather/run")
        .header("content-type", "application/json")
        .header("x-ms-wait-for-response", "true")
        .body(Body::from(r#"{"message": "Hi", "session_id": "the-last"}"#))
        .map_err(|error| error.to_string())?;
    let (status, text) = send(host, request, "the last run").await?;
    let body: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    // The wait is short: a busy machine may say that it goes on.
    let is_ok = [200, 202].contains(&status) && body.is_object();
    if !is_ok {
        return Err(format!("the last run: {status} {text}"));
    }
    let request = Request::get("/api/health").body(Body::empty());
    let request = request.map_err(|error| error.to_string())?;
    let (status, text) = send(host, request, "the health").await?;
    if status == StatusCode::OK.as_u16() {
        Ok(())
    } else {
        Err(format!("the health: {status} {text}"))
    }
}
