//! `GET` and `DELETE` of `/api/agents/{name}/{session}`.

use std::sync::Arc;

use agent_sdk::{Deletion, RunError, SessionId};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::received::{agent, bad_path};
use super::run_error::refusal;
use super::{RouteState, respond};

type SessionPath = Result<Path<(String, String)>, PathRejection>;

/// The state document of a session.
pub(crate) async fn read(State(host): State<Arc<RouteState>>, path: SessionPath) -> Response {
    let (name, session) = match target(&host, path) {
        Ok(target) => target,
        Err(response) => return response,
    };
    match host.agents.session(&name, &session).await {
        Ok(Some(state)) => respond::with_session(
            respond::json(StatusCode::OK, &StateDocument(&state)),
            &session,
        ),
        Ok(None) => not_found(),
        Err(error) => refused(&error),
    }
}

/// A state document with its version first, where readers look for it.
struct StateDocument<'a>(&'a Value);

impl Serialize for StateDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const VERSION: &str = "schemaVersion";
        let Value::Object(fields) = self.0 else {
            return self.0.serialize(serializer);
        };
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        if let Some(version) = fields.get(VERSION) {
            map.serialize_entry(VERSION, version)?;
        }
        for (name, value) in fields.iter().filter(|(name, _)| *name != VERSION) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Removes a session, at once or after the turn that holds it.
pub(crate) async fn delete(State(host): State<Arc<RouteState>>, path: SessionPath) -> Response {
    let (name, session) = match target(&host, path) {
        Ok(target) => target,
        Err(response) => return response,
    };
    match host.agents.delete_session(&name, &session).await {
        Ok(Deletion::Deleted) => StatusCode::NO_CONTENT.into_response(),
        Ok(Deletion::Queued) => StatusCode::ACCEPTED.into_response(),
        Ok(Deletion::NotFound) => not_found(),
        Err(error) => refused(&error),
    }
}

#[allow(
    clippy::result_large_err,
    reason = "an answer is made once per refused request"
)]
fn target(host: &RouteState, path: SessionPath) -> Result<(String, SessionId), Response> {
    let Path((name, session)) = path.map_err(|rejection| bad_path(&rejection))?;
    let agent = agent(host, &name)?;
    let session = SessionId::new(session).map_err(|error| {
        respond::error(
            StatusCode::BAD_REQUEST,
            &format!("Invalid session id: {error}"),
        )
    })?;
    Ok((agent.name.to_string(), session))
}

fn not_found() -> Response {
    respond::error(StatusCode::NOT_FOUND, "Session not found")
}

fn refused(error: &RunError) -> Response {
    let refusal = refusal(error, None);
    let response = respond::error(refusal.status, &refusal.text);
    match refusal.retry_after {
        Some(after) => respond::with_retry_after(response, after),
        None => response,
    }
}
