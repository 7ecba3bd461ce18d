//! `POST /api/agents/{name}/chat`.

mod answer;
mod request;

use std::sync::Arc;

use agent_sdk::{AnswerFormat, RunError, RunFailure, RunRequest, RunState};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use durable_task::Timestamp;

use super::agents::request::Fresh;
use super::agents::{start, wait_for};
use super::received::{Received, agent, bad_path};
use super::run_error::refusal;
use super::{RouteState, link, respond};
use answer::ChatEcho;
use request::parse_chat;

/// Starts a turn and waits for its answer.
pub(crate) async fn chat(
    State(host): State<Arc<RouteState>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    match chat_or_refuse(&host, name, request).await {
        Ok(response) | Err(response) => response,
    }
}

async fn chat_or_refuse(
    host: &RouteState,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Response> {
    let Path(name) = name.map_err(|rejection| bad_path(&rejection))?;
    let agent = agent(host, &name)?;
    let received = Received::whole(host, request).await?;
    let input = parse_chat(received.parts(), Fresh::random())
        .map_err(|refusal| respond::json(refusal.status, &refusal.body))?;
    let path = link::run_path(&agent.name, &input.session, &input.correlation);
    let now = Timestamp::now();
    let mut echo = ChatEcho {
        agent: agent.name.to_string(),
        session: input.session.clone(),
        correlation: input.correlation.clone(),
        conversation_id: input.conversation_id,
        context: input.context,
        timestamp: respond::timestamp(now),
        tool_results: host.options.expose_tool_results,
        link: link::absolute(&path, host.options.base_url.as_deref(), &received.headers),
        path,
    };
    let request = RunRequest {
        agent: agent.name.to_string(),
        session: input.session,
        correlation: input.correlation,
        messages: input.messages,
        enable_tool_calls: true,
        answer_format: AnswerFormat::Json,
        created_at: now,
    };
    let started = start(host, request)
        .await
        .map_err(|error| refused(&error, &echo))?;
    let state = wait_for(host, &started.run)
        .await
        .map_err(|error| refused(&error, &echo))?;
    echo.timestamp = respond::timestamp(Timestamp::now());
    Ok(match state {
        RunState::Answered(answer) => answer::answered(&answer, &echo),
        RunState::Failed(failure) => answer::failed(&failure, &echo),
        RunState::Running => answer::timed_out(&echo),
    })
}

/// The answer to a turn that could not be started or read.
fn refused(error: &RunError, echo: &ChatEcho) -> Response {
    let refusal = refusal(error, Some(&echo.correlation));
    let mut failure = RunFailure::new(refusal.error_type, refusal.text);
    failure.retry_after = refusal.retry_after;
    answer::failed_with(refusal.status, &failure, echo)
}
