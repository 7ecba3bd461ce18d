//! `GET /api/agents/{name}/{session}/runs/{correlationId}`.

use std::sync::Arc;

use agent_sdk::{CorrelationId, RunState, SessionId};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::answer::{Echo, Outcome, render};
use super::run::refused;
use crate::routes::negotiate::{Format, accepts};
use crate::routes::received::{agent, bad_path};
use crate::routes::{RouteState, link, respond};

/// The answer of a run, when there is one.
pub(crate) async fn late(
    State(host): State<Arc<RouteState>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    match late_or_refuse(&host, path, &headers).await {
        Ok(response) | Err(response) => response,
    }
}

async fn late_or_refuse(
    host: &RouteState,
    path: Result<Path<(String, String, String)>, PathRejection>,
    headers: &HeaderMap,
) -> Result<Response, Response> {
    let Path((name, session, correlation)) = path.map_err(|rejection| bad_path(&rejection))?;
    let agent = agent(host, &name)?;
    let session = SessionId::new(session).map_err(|error| invalid("session id", &error))?;
    let correlation =
        CorrelationId::new(correlation).map_err(|error| invalid("correlation id", &error))?;
    let path = link::run_path(&agent.name, &session, &correlation);
    let mut echo = Echo {
        message: None,
        format: asked_format(headers),
        first_release: false,
        dialect: host.options.run_dialect,
        link: host.options.origin.link(&path, headers),
        path,
        session,
        correlation,
    };
    let found = host
        .agents
        .find(&agent.name, &echo.session, &echo.correlation)
        .await;
    let outcome = match found.map_err(|error| refused(&error, &echo))? {
        Some(RunState::Answered(answer)) => Outcome::Answered(answer),
        Some(RunState::Failed(failure)) => Outcome::Failed(failure),
        Some(RunState::Running) => Outcome::Accepted,
        None => return Err(respond::error(StatusCode::NOT_FOUND, "Run not found")),
    };
    if let Outcome::Answered(_) = outcome {
        let state = host.agents.session(&agent.name, &echo.session).await;
        let state = state.map_err(|error| refused(&error, &echo))?;
        echo.message = state.and_then(|state| prompt(&state, echo.correlation.as_str()));
    }
    Ok(render(&outcome, &echo))
}

fn invalid(what: &str, error: &dyn std::fmt::Display) -> Response {
    respond::error(StatusCode::BAD_REQUEST, &format!("Invalid {what}: {error}"))
}

/// Without a body there is only `Accept` to choose by, and JSON is what most clients can read.
fn asked_format(headers: &HeaderMap) -> Format {
    if accepts(headers, "text/plain") && !accepts(headers, "application/json") {
        Format::Text
    } else {
        Format::Json
    }
}

/// What was asked, as the session's document has it.
fn prompt(state: &Value, correlation: &str) -> Option<String> {
    let history = state.pointer("/data/conversationHistory")?.as_array()?;
    let request = history
        .iter()
        .find(|entry| entry["$type"] == "request" && entry["correlationId"] == correlation)?;
    let texts: Vec<&str> = request["messages"]
        .as_array()?
        .iter()
        .filter_map(|message| message["contents"].as_array())
        .flatten()
        .filter_map(|content| content["text"].as_str())
        .collect();
    Some(texts.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_unless_text_alone_is_accepted() {
        let table = [
            ("", Format::Json),
            ("*/*", Format::Json),
            ("text/plain", Format::Text),
            ("text/plain, application/json", Format::Json),
        ];
        for (accept, format) in table {
            let mut headers = HeaderMap::new();
            headers.insert("accept", accept.parse().unwrap());
            assert_eq!(asked_format(&headers), format, "{accept}");
        }
    }

    #[test]
    fn the_prompt_is_found_by_its_correlation_id() {
        let entry = |kind: &str, id: &str, text: &str| {
            json!({"$type": kind, "correlationId": id,
                   "messages": [{"role": "user", "contents": [{"$type": "text", "text": text}]}]})
        };
        let history = [
            entry("request", "a", "A"),
            entry("response", "b", "-"),
            entry("request", "b", "B"),
        ];
        let state = json!({"data": {"conversationHistory": history}});
        assert_eq!(prompt(&state, "b").as_deref(), Some("B"));
        assert_eq!(prompt(&state, "c"), None);
        assert_eq!(prompt(&json!({}), "a"), None);
    }
}
