//! Answers of `chat`: what became of a turn in, an answer out.

use agent_sdk::model::FinishReason;
use agent_sdk::{CorrelationId, RunAnswer, RunFailure, SessionId, ToolCallRecord};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::routes::respond;

/// What the answer repeats of the request.
#[derive(Debug, Clone)]
pub(crate) struct ChatEcho {
    pub(crate) agent: String,
    pub(crate) session: SessionId,
    pub(crate) correlation: CorrelationId,
    pub(crate) conversation_id: String,
    pub(crate) context: Map<String, Value>,
    pub(crate) timestamp: String,
    /// Whether the answer shows what the tools gave.
    pub(crate) tool_results: bool,
    /// Where the answer can be fetched: a path, and the same as an absolute link.
    pub(crate) path: String,
    pub(crate) link: String,
}

#[derive(Debug, Serialize)]
struct ChatBody<'a> {
    status: &'static str,
    agent: &'a str,
    response: &'a str,
    conversation_id: &'a str,
    handoff_path: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_results: Option<&'a [ToolCallRecord]>,
    usage: ChatUsage,
    finish_reason: FinishReason,
    context: &'a Map<String, Value>,
    metadata: Value,
    timestamp: &'a str,
}

#[derive(Debug, Serialize)]
#[allow(clippy::struct_field_names, reason = "the names of the contract")]
struct ChatUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

#[derive(Debug, Serialize)]
struct FailedBody<'a> {
    status: &'static str,
    error: &'a str,
    agent: &'a str,
    timestamp: &'a str,
    error_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    #[serde(rename = "statusQueryGetUri", skip_serializing_if = "Option::is_none")]
    status_query_get_uri: Option<&'a str>,
}

/// The agent has answered.
pub(crate) fn answered(answer: &RunAnswer, echo: &ChatEcho) -> Response {
    let metadata = if answer.max_rounds_reached {
        json!({"max_rounds_reached": true})
    } else {
        json!({})
    };
    let body = ChatBody {
        status: "success",
        agent: &echo.agent,
        response: &answer.text,
        conversation_id: &echo.conversation_id,
        handoff_path: [&echo.agent],
        tool_results: echo.tool_results.then_some(&answer.tool_results),
        usage: ChatUsage {
            prompt_tokens: answer.usage.input_tokens,
            completion_tokens: answer.usage.output_tokens,
            total_tokens: answer.usage.total_tokens,
        },
        finish_reason: answer.finish_reason,
        context: &echo.context,
        metadata,
        timestamp: &echo.timestamp,
    };
    respond::with_session(respond::json(StatusCode::OK, &body), &echo.session)
}

/// The agent or its model has failed.
pub(crate) fn failed(failure: &RunFailure, echo: &ChatEcho) -> Response {
    failed_with(status_of(&failure.error_type), failure, echo)
}

/// The same with a status of its own.
pub(crate) fn failed_with(status: StatusCode, failure: &RunFailure, echo: &ChatEcho) -> Response {
    let body = FailedBody {
        status: "error",
        error: &failure.message,
        agent: &echo.agent,
        timestamp: &echo.timestamp,
        error_type: &failure.error_type,
        correlation_id: None,
        status_query_get_uri: None,
    };
    let response = respond::with_session(respond::json(status, &body), &echo.session);
    match failure.retry_after {
        Some(after) => respond::with_retry_after(response, after),
        None if status == StatusCode::TOO_MANY_REQUESTS => {
            respond::with_retry_after(response, std::time::Duration::from_secs(1))
        }
        None => response,
    }
}

/// There is no answer within the bound of the wait.
pub(crate) fn timed_out(echo: &ChatEcho) -> Response {
    let body = FailedBody {
        status: "error",
        error: "Agent is still processing or timed out...",
        agent: &echo.agent,
        timestamp: &echo.timestamp,
        error_type: "timeout",
        correlation_id: Some(echo.correlation.as_str()),
        status_query_get_uri: Some(&echo.link),
    };
    let response = respond::json(StatusCode::GATEWAY_TIMEOUT, &body);
    let response = respond::with_location(response, &echo.path);
    respond::with_session(response, &echo.session)
}

/// The status of a failure by its stable name: the model's failures are those of an upstream.
fn status_of(error_type: &str) -> StatusCode {
    match error_type {
        "rate_limit" => StatusCode::TOO_MANY_REQUESTS,
        "timeout" => StatusCode::GATEWAY_TIMEOUT,
        "auth" | "invalid_request" | "not_found" | "context_length" | "content_filter"
        | "unavailable" | "network" | "decode" => StatusCode::BAD_GATEWAY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests;
