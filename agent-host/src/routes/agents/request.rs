//! Reading a request for one turn: bytes, headers and query in, a turn or a refusal out.

use agent_sdk::model::Role;
use agent_sdk::{CorrelationId, SessionId};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::options::RunDialect;
use crate::routes::negotiate::{
    Format, RequestParts, accepts, asks_for_stream, bool_like, bool_text, content_type, is_json,
};
use crate::routes::session_field::{quoted, session_field};

/// Headers that say whether to wait, in order of rank, and whether the first release named them so.
const WAIT_HEADERS: [(&str, bool); 2] = [
    ("x-ms-wait-for-response", false),
    ("x-wait-for-completion", true),
];
/// The same in query and body.
const WAIT_FIELDS: [(&str, bool); 5] = [
    ("wait_for_response", false),
    ("waitForResponse", false),
    ("wait_for_completion", true),
    ("waitForCompletion", true),
    ("WaitForCompletion", true),
];
/// Fields that ask for an answer of a given form.
const SCHEMA_FIELDS: [&str; 2] = ["response_format", "response_schema"];
/// Under which sessions are derived from idempotency keys.
const KEY_SESSIONS: Uuid = Uuid::from_u128(0x7c0f_5d52_2f0b_4c7e_9a43_6f1d_5b8e_20a7);

/// Random ids, drawn before the request is read, so that reading it is a function.
#[derive(Debug, Clone)]
pub(crate) struct Fresh {
    pub(crate) session: SessionId,
    pub(crate) correlation: CorrelationId,
}

impl Fresh {
    pub(crate) fn random() -> Self {
        Self {
            session: SessionId::random(),
            correlation: CorrelationId::random(),
        }
    }
}

/// One turn, as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunInput {
    pub(crate) message: String,
    pub(crate) role: Role,
    pub(crate) session: SessionId,
    pub(crate) correlation: CorrelationId,
    pub(crate) enable_tool_calls: bool,
    pub(crate) wait: bool,
    pub(crate) format: Format,
    /// Whether the request used a name of the first release, so that the answer does too.
    pub(crate) first_release: bool,
}

/// Why there is no turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    pub(crate) format: Format,
    /// The session, if the request got so far that it is known.
    pub(crate) session: Option<SessionId>,
}

/// Reads a request for one turn.
pub(crate) fn parse_run(
    request: RequestParts<'_>,
    fresh: Fresh,
    dialect: RunDialect,
) -> Result<RunInput, Refusal> {
    let format = negotiated(request.headers, dialect);
    let refuse = |session: Option<&SessionId>, text: String| Refusal {
        status: StatusCode::BAD_REQUEST,
        text,
        format,
        session: session.cloned(),
    };
    let (text, body) = read_body(request).map_err(|text| refuse(None, text.to_owned()))?;
    let field = session_field(request, &body).map_err(|error| {
        let text = match dialect {
            RunDialect::Current => error.to_string(),
            RunDialect::DotNet => String::from(
                "thread_id specified in both query string and request body must match.",
            ),
        };
        refuse(None, text)
    })?;
    let key = idempotency_key(request.headers).map_err(|text| refuse(None, text))?;
    let session =
        session(field.value, key.as_ref(), fresh.session).map_err(|text| refuse(None, text))?;
    let wait = wait(request, &body);
    let refuse = |text: String| refuse(Some(&session), text);
    later(request.headers, &body).map_err(|text| refuse(text.to_owned()))?;
    let role = role(&body).map_err(&refuse)?;
    let message = match text {
        Some(text) => text,
        None => message(&body).map_err(|text| refuse(text.to_owned()))?,
    };
    if message.is_empty() {
        return Err(refuse(String::from(match dialect {
            RunDialect::Current => "Message is required",
            RunDialect::DotNet => "Run request cannot be empty.",
        })));
    }
    Ok(RunInput {
        message,
        role,
        correlation: key.unwrap_or(fresh.correlation),
        enable_tool_calls: body
            .get("enable_tool_calls")
            .is_none_or(|value| bool_like(value).unwrap_or(false)),
        wait: wait.value,
        format,
        first_release: field.first_release
            || wait.first_release
            || body.contains_key("response_schema"),
        session,
    })
}

/// The form of the answer.
fn negotiated(headers: &HeaderMap, dialect: RunDialect) -> Format {
    let json_body = content_type(headers).is_some_and(|media_type| is_json(&media_type));
    let by_body = json_body && dialect == RunDialect::Current;
    if by_body || accepts(headers, "application/json") {
        Format::Json
    } else {
        Format::Text
    }
}

/// A text body as the message, or the fields of a JSON body.
fn read_body(
    request: RequestParts<'_>,
) -> Result<(Option<String>, Map<String, Value>), &'static str> {
    let json = content_type(request.headers).is_some_and(|media_type| is_json(&media_type));
    if !json {
        let text = String::from_utf8_lossy(request.body).trim().to_owned();
        return Ok((Some(text), Map::new()));
    }
    match serde_json::from_slice(request.body) {
        Ok(Value::Object(fields)) => Ok((None, fields)),
        Ok(_) => Err("Invalid JSON payload. Expected an object."),
        Err(_) => Err("Invalid JSON"),
    }
}

/// The caller's own correlation id. Quotes are taken off: the header is a quoted string in its
/// standard, and most clients send it bare.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<CorrelationId>, String> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(value.as_bytes())
        .map_err(|_| String::from("Invalid Idempotency-Key: it is not UTF-8"))?
        .trim();
    let bare = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    CorrelationId::new(bare)
        .map(Some)
        .map_err(|error| format!("Invalid Idempotency-Key: {error}"))
}

/// The session that was named; else one that every request with this key meets; else a new one.
pub(crate) fn session(
    named: Option<String>,
    key: Option<&CorrelationId>,
    fresh: SessionId,
) -> Result<SessionId, String> {
    let text = match (named, key) {
        (Some(named), _) => named,
        (None, Some(key)) => Uuid::new_v5(&KEY_SESSIONS, key.as_str().as_bytes())
            .simple()
            .to_string(),
        (None, None) => return Ok(fresh),
    };
    SessionId::new(text).map_err(|error| format!("Invalid session id: {error}"))
}

struct Wait {
    value: bool,
    first_release: bool,
}

/// The first recognised value by rank; a name of the first release counts wherever it stands.
fn wait(request: RequestParts<'_>, body: &Map<String, Value>) -> Wait {
    let headers = WAIT_HEADERS.into_iter().filter_map(|(name, first)| {
        let value = request.headers.get(name)?;
        Some((value.to_str().ok().and_then(bool_text), first))
    });
    let query = WAIT_FIELDS.into_iter().flat_map(|(name, first)| {
        let values = request.query.iter().filter(move |(key, _)| key == name);
        values.map(move |(_, value)| (bool_text(value), first))
    });
    let body = WAIT_FIELDS
        .into_iter()
        .filter_map(|(name, first)| Some((bool_like(body.get(name)?), first)));
    let found: Vec<(Option<bool>, bool)> = headers.chain(query).chain(body).collect();
    Wait {
        value: found.iter().find_map(|(value, _)| *value).unwrap_or(true),
        first_release: found.iter().any(|(_, first)| *first),
    }
}

/// What is asked for and not there yet.
pub(crate) fn later(headers: &HeaderMap, body: &Map<String, Value>) -> Result<(), &'static str> {
    if asks_for_stream(headers, body) {
        return Err("Streaming is not available yet; ask for the whole answer");
    }
    match SCHEMA_FIELDS
        .iter()
        .find(|name| body.get(**name).is_some_and(|value| !value.is_null()))
    {
        Some(&"response_format") => Err("'response_format' is not available yet"),
        Some(_) => Err("'response_schema' is not available yet"),
        None => Ok(()),
    }
}

fn role(body: &Map<String, Value>) -> Result<Role, String> {
    let text = body.get("role").and_then(Value::as_str).unwrap_or("");
    match text.trim() {
        "" => Ok(Role::User),
        // A message of a tool answers a call, and here there is none.
        name => role_named(name)
            .filter(|role| *role != Role::Tool)
            .ok_or_else(|| {
                format!(
                    "Unknown role {}: expected user, assistant, system or developer",
                    quoted(name)
                )
            }),
    }
}

/// A role by its name, in any case.
pub(crate) fn role_named(name: &str) -> Option<Role> {
    match name.to_lowercase().as_str() {
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        "system" => Some(Role::System),
        "developer" => Some(Role::Developer),
        "tool" => Some(Role::Tool),
        _ => None,
    }
}

fn message(body: &Map<String, Value>) -> Result<String, &'static str> {
    match body.get("message") {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err("'message' must be a string"),
    }
}

#[cfg(test)]
mod tests;
