//! `POST /api/agents/{name}/run`.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::ChatMessage;
use agent_sdk::{AnswerFormat, RunError, RunId, RunRequest, RunState, Started};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use durable_task::{ClientError, Timestamp};
use tokio::time::Instant;

use super::answer::{Echo, Outcome, refuse, render};
use super::request::{Fresh, Refusal, RunInput, parse_run};
use crate::routes::negotiate::Format;
use crate::routes::received::{Received, agent, bad_path};
use crate::routes::run_error::refusal;
use crate::routes::{RouteState, link, respond};

/// The pause after a look that the hub could not answer.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Starts a turn, and waits for its answer unless asked not to.
pub(crate) async fn run(
    State(host): State<Arc<RouteState>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    match run_or_refuse(&host, name, request).await {
        Ok(response) | Err(response) => response,
    }
}

async fn run_or_refuse(
    host: &RouteState,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Response> {
    let Path(name) = name.map_err(|rejection| bad_path(&rejection))?;
    let agent = agent(host, &name)?;
    let received = Received::whole(host, request).await?;
    let dialect = host.options.run_dialect;
    let input = parse_run(received.parts(), Fresh::random(), dialect)
        .map_err(|refusal| refuse(&refusal, dialect))?;
    let path = link::run_path(&agent.name, &input.session, &input.correlation);
    let echo = Echo {
        message: Some(input.message.clone()),
        session: input.session.clone(),
        correlation: input.correlation.clone(),
        format: input.format,
        first_release: input.first_release,
        dialect,
        link: host.options.origin.link(&path, &received.headers),
        path,
    };
    let wait = input.wait;
    let request = run_request(&agent.name, input);
    let started = start(host, request)
        .await
        .map_err(|error| refused(&error, &echo))?;
    if !wait {
        return Ok(render(&Outcome::Accepted, &echo));
    }
    let state = wait_for(host, &started.run)
        .await
        .map_err(|error| refused(&error, &echo))?;
    let outcome = match state {
        RunState::Answered(answer) => Outcome::Answered(answer),
        RunState::Failed(failure) => Outcome::Failed(failure),
        RunState::Running => Outcome::TimedOut,
    };
    Ok(render(&outcome, &echo))
}

fn run_request(agent: &str, input: RunInput) -> RunRequest {
    RunRequest {
        agent: agent.to_owned(),
        session: input.session,
        correlation: input.correlation,
        messages: vec![ChatMessage::text(input.role, input.message)],
        enable_tool_calls: input.enable_tool_calls,
        answer_format: match input.format {
            Format::Json => AnswerFormat::Json,
            Format::Text => AnswerFormat::Text,
        },
        created_at: Timestamp::now(),
    }
}

/// Starts a run in a task of its own: a caller that goes away once its request is whole takes
/// nothing with it.
pub(crate) async fn start(host: &RouteState, request: RunRequest) -> Result<Started, RunError> {
    let agents = host.agents.clone();
    let started = tokio::spawn(async move { agents.start(request).await }).await;
    started.unwrap_or_else(|error| {
        Err(RunError::Hub(ClientError::Unavailable {
            reason: format!("the start did not end: {error}"),
        }))
    })
}

/// Waits for the end of a run, as long as the app lets a request wait; then where it stands. A look
/// that the hub could not answer is repeated: the run is durable, whatever happens to its reader.
pub(crate) async fn wait_for(host: &RouteState, run: &RunId) -> Result<RunState, RunError> {
    let deadline = Instant::now() + host.options.wait_max();
    let look = async {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match host.agents.wait(run, left).await {
                Err(error) if error.is_retryable() && !left.is_zero() => {
                    tracing::warn!(%run, %error, "the run could not be read; looking again");
                    tokio::time::sleep(LOOK_AGAIN.min(left)).await;
                }
                Err(error) if error.is_retryable() => return Ok(RunState::Running),
                result => return result,
            }
        }
    };
    tokio::select! {
        biased;
        result = look => result,
        () = host.closing.cancelled() => Ok(RunState::Running),
    }
}

/// The answer to a turn that could not be started or read.
pub(super) fn refused(error: &RunError, echo: &Echo) -> Response {
    let refusal = refusal(error, Some(&echo.correlation));
    tracing::debug!(%error, "a turn was refused");
    let response = refuse(
        &Refusal {
            status: refusal.status,
            text: refusal.text,
            format: echo.format,
            session: Some(echo.session.clone()),
        },
        echo.dialect,
    );
    match refusal.retry_after {
        Some(after) => respond::with_retry_after(response, after),
        None => response,
    }
}
