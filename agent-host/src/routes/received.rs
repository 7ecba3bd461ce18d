//! The way of every request to an agent: path, agent, body.

use agent_sdk::{AgentDefinition, App};
use axum::extract::Request;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::negotiate::{Query, RequestParts};
use super::{RouteState, body, query_of, respond};
use crate::options::HttpOptions;

/// A request whose body is in.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    query: Query,
    body: Vec<u8>,
}

impl Received {
    /// Takes the body in; the error is the answer.
    pub(crate) async fn whole(host: &RouteState, request: Request) -> Result<Self, Response> {
        let (head, body) = request.into_parts();
        let options = &host.options;
        let (bytes_max, timeout) = (options.body_bytes_max, options.body_timeout);
        let body = body::read(&head.headers, body, bytes_max, timeout)
            .await
            .map_err(body::BodyError::into_response)?;
        Ok(Self {
            query: query_of(&head.uri),
            headers: head.headers,
            body,
        })
    }

    /// What a parser reads.
    pub(crate) fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            headers: &self.headers,
            query: &self.query,
            body: &self.body,
        }
    }
}

/// The agent that a path names; the error is the answer.
#[allow(
    clippy::result_large_err,
    reason = "an answer is made once per refused request"
)]
pub(crate) fn agent<'a>(host: &'a RouteState, name: &str) -> Result<&'a AgentDefinition, Response> {
    let app = host.agents.app();
    app.agent(name)
        .filter(|agent| !host.options.without_http.contains(&*agent.name))
        .ok_or_else(|| unknown_agent(app, &host.options, name))
}

/// The agents that have routes.
pub(crate) fn public_agents<'a>(
    app: &'a App,
    options: &'a HttpOptions,
) -> impl Iterator<Item = &'a AgentDefinition> {
    app.agents()
        .filter(|agent| !options.without_http.contains(&*agent.name))
}

/// The answer to a path that is not UTF-8.
pub(crate) fn bad_path(rejection: &PathRejection) -> Response {
    respond::error(
        StatusCode::BAD_REQUEST,
        &format!("Invalid path: {}", rejection.body_text()),
    )
}

#[derive(Debug, Serialize)]
struct UnknownAgent<'a> {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_agents: Option<Vec<&'a str>>,
}

fn unknown_agent(app: &App, options: &HttpOptions, name: &str) -> Response {
    let body = UnknownAgent {
        error: format!("Agent '{name}' not found"),
        available_agents: options.expose_info.then(|| {
            public_agents(app, options)
                .map(|agent| agent.name.as_ref())
                .collect()
        }),
    };
    respond::json(StatusCode::NOT_FOUND, &body)
}
