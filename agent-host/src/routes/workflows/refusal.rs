//! What is answered where a request about a workflow was not done.

use std::time::Duration;

use agent_sdk::workflow::{InvalidMessage, WorkflowError};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use durable_task::ClientError;
use serde_json::json;

use crate::routes::respond;

/// The hub may work again so soon.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How much is said of what is wrong with an input or an answer, in characters.
const PROBLEM_CHARS_MAX: usize = 500;

/// What is said of a run that is not there, or not one of this workflow.
const NOT_FOUND: &str = "Instance not found";

/// The answer, in JSON.
pub(super) fn error(error: &WorkflowError) -> Response {
    let (status, text) = told(error);
    with_retry_after(match error {
        WorkflowError::InvalidInput { problem, .. }
        | WorkflowError::InvalidAnswer { problem, .. } => {
            let body = json!({"error": text, "path": problem.path, "problem": shown(problem)});
            respond::json(status, &body)
        }
        _ => respond::error(status, &text),
    })
}

/// Where trying again may help, the answer says when.
pub(super) fn with_retry_after(response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        respond::with_retry_after(response, RETRY_AFTER)
    } else {
        response
    }
}

/// A path that names no workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// It is not UTF-8.
    Path(String),
    /// The app has no such workflow.
    Workflow(String),
}

impl Unnamed {
    /// The status and what is said.
    pub(super) fn told(&self) -> (StatusCode, String) {
        match self {
            Self::Path(problem) => {
                let text = format!("Invalid path: {problem}");
                (StatusCode::BAD_REQUEST, text)
            }
            Self::Workflow(name) => told(&WorkflowError::UnknownWorkflow {
                workflow: name.clone(),
            }),
        }
    }
}

impl IntoResponse for Unnamed {
    fn into_response(self) -> Response {
        let (status, text) = self.told();
        respond::error(status, &text)
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
        WorkflowError::UnknownRun { .. } => (StatusCode::NOT_FOUND, NOT_FOUND.into()),
        WorkflowError::RunEnded { run, status } => (
            StatusCode::CONFLICT,
            format!("Workflow run '{run}' is in terminal state '{status:?}'."),
        ),
        WorkflowError::UnknownRequest { .. } => {
            (StatusCode::NOT_FOUND, "Pending request not found".into())
        }
        WorkflowError::RequestClosed { request, end, .. } => {
            (StatusCode::CONFLICT, format!("Request '{request}' {end}."))
        }
        WorkflowError::NoCode { .. } => (StatusCode::CONFLICT, error.to_string()),
        WorkflowError::Hub(hub) => of_hub(hub),
        error => {
            tracing::error!(%error, "a request about a workflow failed");
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
    }
}

fn of_hub(error: &ClientError) -> (StatusCode, String) {
    let status = match error {
        ClientError::NotFound { .. } => return (StatusCode::NOT_FOUND, NOT_FOUND.into()),
        ClientError::AlreadyExists { .. } | ClientError::InvalidState { .. } => {
            StatusCode::CONFLICT
        }
        ClientError::Invalid { .. } => StatusCode::BAD_REQUEST,
        ClientError::Limit { .. } | ClientError::Unavailable { .. } => {
            tracing::warn!(%error, "the hub could not do what was asked");
            StatusCode::SERVICE_UNAVAILABLE
        }
        ClientError::Unsupported { .. } => StatusCode::NOT_IMPLEMENTED,
        error => {
            tracing::error!(%error, "a request about a workflow failed");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    (status, error.to_string())
}

fn at(problem: &InvalidMessage) -> String {
    match problem.path.as_str() {
        "" | "." => shown(problem),
        path => format!("{path}: {}", shown(problem)),
    }
}

/// What is wrong, without most of a large value that it may quote.
fn shown(problem: &InvalidMessage) -> String {
    let text = &problem.problem;
    match text.char_indices().nth(PROBLEM_CHARS_MAX) {
        Some((end, _)) => format!("{}..", text.get(..end).unwrap_or_default()),
        None => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::RETRY_AFTER;
    use durable_task::{InstanceId, Status};

    use super::*;

    #[test]
    fn what_the_hub_can_not_do_has_a_status_that_says_whether_to_come_again() {
        let id = || InstanceId::from_stored("r1");
        let unavailable = ClientError::Unavailable {
            reason: String::from("the disk is full"),
        };
        let unsupported = ClientError::Unsupported {
            operation: "history",
        };
        let ended = ClientError::InvalidState {
            instance: id(),
            status: Status::Completed,
            operation: "terminate",
        };
        for (hub, status, again, says) in [
            (unavailable, 503, true, "the disk is full"),
            (unsupported, 501, false, "history"),
            (ended, 409, false, "terminate"),
            (
                ClientError::NotFound { instance: id() },
                404,
                false,
                NOT_FOUND,
            ),
        ] {
            let problem = WorkflowError::Hub(hub);
            let (_, text) = told(&problem);
            assert!(text.contains(says), "{text}");
            let response = error(&problem);
            assert_eq!(response.status().as_u16(), status, "{text}");
            assert_eq!(
                response.headers().contains_key(RETRY_AFTER),
                again,
                "{text}"
            );
        }
    }
}
