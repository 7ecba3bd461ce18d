//! `POST /api/agents/{name}/chat`.

mod answer;
mod request;

use std::sync::Arc;

use agent_sdk::model::{FinishReason, Usage};
use agent_sdk::{AnswerFormat, RunAnswer, RunError, RunFailure, RunRequest, RunState};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use durable_task::Timestamp;
use serde_json::Value;

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
    let direct = host.options.direct_tool_calls.contains(&*agent.name);
    let input = parse_chat(received.parts(), Fresh::random(), direct)
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
        link: host.options.origin.link(&path, &received.headers),
        path,
    };
    if let Some(calls) = input.tool_calls {
        return Ok(call_tools(host, &agent.name, calls, &echo).await);
    }
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

/// Calls tools past the model; the answer has their results and no text.
async fn call_tools(
    host: &RouteState,
    agent: &str,
    calls: Vec<(String, Value)>,
    echo: &ChatEcho,
) -> Response {
    let runner = host.agents.app().runner(agent);
    // Tools may have effects: a caller that goes away does not stop them half-way.
    let called = tokio::spawn(async move {
        match runner {
            Some(runner) => runner
                .call_tools(calls)
                .await
                .map_err(|error| error.to_string()),
            None => Err(String::from("the agent is not hosted")),
        }
    });
    let results = match called.await {
        Ok(Ok(results)) => results,
        Ok(Err(problem)) => return answer::failed(&RunFailure::new("internal", problem), echo),
        Err(error) => {
            let problem = format!("the calls did not end: {error}");
            return answer::failed(&RunFailure::new("internal", problem), echo);
        }
    };
    let answer = RunAnswer {
        text: String::new(),
        message_count: 0,
        usage: Usage::default(),
        finish_reason: FinishReason::Stop,
        tool_results: results,
        structured: None,
        max_rounds_reached: false,
    };
    answer::answered(&answer, echo)
}

/// The answer to a turn that could not be started or read.
fn refused(error: &RunError, echo: &ChatEcho) -> Response {
    let refusal = refusal(error, Some(&echo.correlation));
    let mut failure = RunFailure::new(refusal.error_type, refusal.text);
    failure.retry_after = refusal.retry_after;
    answer::failed_with(refusal.status, &failure, echo)
}
