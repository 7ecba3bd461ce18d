//! What is answered where a request about a workflow was not done.

use agent_sdk::workflow::{InvalidMessage, RequestEnd, WorkflowError};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::routes::respond;

/// The answer, in JSON.
pub(super) fn error(error: &WorkflowError) -> Response {
    let (status, text) = told(error);
    match error {
        WorkflowError::InvalidInput { problem, .. }
        | WorkflowError::InvalidAnswer { problem, .. } => {
            let InvalidMessage { path, problem } = problem;
            let body = json!({"error": text, "path": path, "problem": problem});
            respond::json(status, &body)
        }
        _ => respond::error(status, &text),
    }
}

/// The status and what is said.
pub(super) fn told(error: &WorkflowError) -> (StatusCode, String) {
    match error {
        WorkflowError::UnknownWorkflow { .. } => (StatusCode::NOT_FOUND, error.to_string()),
        WorkflowError::InvalidRunId { .. } => (StatusCode::BAD_REQUEST, error.to_string()),
        WorkflowError::InvalidInput { problem, .. } => (
            StatusCode::BAD_REQUEST,
            format!("Invalid input: {}", at(problem)),
        ),
        WorkflowError::InvalidAnswer { problem, .. } => (
            StatusCode::BAD_REQUEST,
            format!("Invalid response: {}", at(problem)),
        ),
        WorkflowError::Conflict { run } => (
            StatusCode::CONFLICT,
            format!("'runId' '{run}' belongs to a run with another input."),
        ),
        WorkflowError::UnknownRun { .. } => (StatusCode::NOT_FOUND, "Instance not found".into()),
        WorkflowError::RunEnded { run, status } => (
            StatusCode::CONFLICT,
            format!("Workflow run '{run}' is in terminal state '{status:?}'."),
        ),
        WorkflowError::UnknownRequest { .. } => {
            (StatusCode::NOT_FOUND, "Pending request not found".into())
        }
        WorkflowError::RequestClosed { request, end, .. } => (
            StatusCode::CONFLICT,
            match end {
                RequestEnd::Answered => format!("Request '{request}' was answered already."),
                end => format!("Request '{request}' {end}."),
            },
        ),
        WorkflowError::NoCode { .. } => (StatusCode::CONFLICT, error.to_string()),
        WorkflowError::Hub(hub) if hub.is_retryable() => {
            tracing::warn!(error = %hub, "the hub could not be asked");
            let text = "The hub can't be reached; try again.";
            (StatusCode::SERVICE_UNAVAILABLE, text.into())
        }
        error => {
            tracing::error!(%error, "a request about a workflow failed");
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
    }
}

/// A path that is not UTF-8.
pub(super) fn bad_path(problem: &str) -> Response {
    respond::error(StatusCode::BAD_REQUEST, &format!("Invalid path: {problem}"))
}

fn at(problem: &InvalidMessage) -> String {
    match problem.path.as_str() {
        "" | "." => problem.problem.clone(),
        path => format!("{path}: {}", problem.problem),
    }
}
