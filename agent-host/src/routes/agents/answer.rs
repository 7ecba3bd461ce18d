//! Answers of `run`: what became of a turn in, an answer out.

use agent_sdk::{CorrelationId, RunAnswer, RunFailure, SessionId};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::request::Refusal;
use crate::options::RunDialect;
use crate::routes::negotiate::Format;
use crate::routes::respond;

/// What became of a turn, as far as the answer is concerned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Answered(RunAnswer),
    /// Not waited for, or asked after while it runs.
    Accepted,
    TimedOut,
    Failed(RunFailure),
}

/// What the answer repeats of the request.
#[derive(Debug, Clone)]
pub(crate) struct Echo {
    /// The prompt, if it is known.
    pub(crate) message: Option<String>,
    pub(crate) session: SessionId,
    pub(crate) correlation: CorrelationId,
    pub(crate) format: Format,
    pub(crate) first_release: bool,
    pub(crate) dialect: RunDialect,
    /// Where the answer can be fetched: a path, and the same as an absolute link.
    pub(crate) path: String,
    pub(crate) link: String,
}

/// The body of a turn that has not failed, its keys in the order of the contract.
#[derive(Debug, Serialize)]
struct RunBody<'a> {
    response: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    session_id: &'a str,
    status: &'static str,
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_count: Option<usize>,
    thread_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_response: Option<&'a Value>,
    #[serde(rename = "statusQueryGetUri", skip_serializing_if = "Option::is_none")]
    status_query_get_uri: Option<&'a str>,
    #[serde(flatten)]
    first_release: Option<FirstRelease<'a>>,
}

/// The body of a turn that has failed.
#[derive(Debug, Serialize)]
struct FailedBody<'a> {
    error: &'a str,
    error_code: &'a str,
    status: &'static str,
    session_id: &'a str,
    correlation_id: &'a str,
    thread_id: &'a str,
    #[serde(flatten)]
    first_release: Option<FirstRelease<'a>>,
}

/// The names of the first release, for clients that use them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FirstRelease<'a> {
    session_id: &'a str,
    correlation_id: &'a str,
}

/// Any body of the .NET release.
#[derive(Debug, Serialize)]
struct DotNetBody<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<DotNetResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct DotNetResponse<'a> {
    messages: [DotNetMessage<'a>; 1],
    usage: DotNetUsage,
}

#[derive(Debug, Serialize)]
struct DotNetMessage<'a> {
    role: &'static str,
    contents: [DotNetText<'a>; 1],
}

#[derive(Debug, Serialize)]
struct DotNetText<'a> {
    #[serde(rename = "$type")]
    kind: &'static str,
    text: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "the names of the contract")]
struct DotNetUsage {
    input_token_count: u64,
    output_token_count: u64,
    total_token_count: u64,
}

/// The answer to a turn.
pub(crate) fn render(outcome: &Outcome, echo: &Echo) -> Response {
    let status = match outcome {
        Outcome::Answered(_) => StatusCode::OK,
        Outcome::Accepted => StatusCode::ACCEPTED,
        Outcome::TimedOut | Outcome::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let response = match (echo.format, echo.dialect) {
        (Format::Text, dialect) => respond::text(status, text(outcome, dialect)),
        (Format::Json, RunDialect::DotNet) => {
            respond::json(status, &dotnet_body(status, outcome, echo))
        }
        (Format::Json, RunDialect::Current) => match outcome {
            Outcome::Failed(failure) => respond::json(status, &failed_body(failure, echo)),
            _ => respond::json(status, &run_body(outcome, echo)),
        },
    };
    let response = respond::with_session(response, &echo.session);
    match outcome {
        Outcome::Accepted | Outcome::TimedOut => respond::with_location(response, &echo.path),
        Outcome::Answered(_) | Outcome::Failed(_) => response,
    }
}

/// The answer to a request that is not one for a turn.
pub(crate) fn refuse(refusal: &Refusal, dialect: RunDialect) -> Response {
    let response = match (refusal.format, dialect) {
        (Format::Text, _) => respond::text(refusal.status, refusal.text.as_str()),
        (Format::Json, RunDialect::Current) => respond::error(refusal.status, &refusal.text),
        (Format::Json, RunDialect::DotNet) => {
            let body = DotNetBody {
                status: refusal.status.as_u16(),
                thread_id: None,
                response: None,
                error: Some(&refusal.text),
            };
            respond::json(refusal.status, &body)
        }
    };
    match &refusal.session {
        Some(session) => respond::with_session(response, session),
        None => response,
    }
}

fn text(outcome: &Outcome, dialect: RunDialect) -> &str {
    match (outcome, dialect) {
        (Outcome::Accepted, RunDialect::DotNet) => "Request accepted.",
        (Outcome::Accepted, RunDialect::Current) => "Agent request accepted",
        (Outcome::Answered(answer), _) => &answer.text,
        (Outcome::TimedOut, _) => "Agent is still processing or timed out...",
        (Outcome::Failed(failure), _) => &failure.message,
    }
}

fn run_body<'a>(outcome: &'a Outcome, echo: &'a Echo) -> RunBody<'a> {
    let (status, answer) = match outcome {
        Outcome::Answered(answer) => ("success", Some(answer)),
        Outcome::Accepted => ("accepted", None),
        Outcome::TimedOut | Outcome::Failed(_) => ("timeout", None),
    };
    RunBody {
        response: text(outcome, RunDialect::Current),
        message: echo.message.as_deref(),
        session_id: echo.session.as_str(),
        status,
        correlation_id: echo.correlation.as_str(),
        message_count: answer.map(|answer| answer.message_count),
        thread_id: echo.session.as_str(),
        structured_response: answer.and_then(|answer| answer.structured.as_ref()),
        status_query_get_uri: answer.is_none().then_some(echo.link.as_str()),
        first_release: first_release(echo),
    }
}

fn failed_body<'a>(failure: &'a RunFailure, echo: &'a Echo) -> FailedBody<'a> {
    FailedBody {
        error: &failure.message,
        error_code: &failure.error_type,
        status: "error",
        session_id: echo.session.as_str(),
        correlation_id: echo.correlation.as_str(),
        thread_id: echo.session.as_str(),
        first_release: first_release(echo),
    }
}

fn first_release(echo: &Echo) -> Option<FirstRelease<'_>> {
    echo.first_release.then(|| FirstRelease {
        session_id: echo.session.as_str(),
        correlation_id: echo.correlation.as_str(),
    })
}

fn dotnet_body<'a>(status: StatusCode, outcome: &'a Outcome, echo: &'a Echo) -> DotNetBody<'a> {
    let (answer, error) = match outcome {
        Outcome::Answered(answer) => (Some(answer), None),
        Outcome::Accepted => (None, None),
        Outcome::TimedOut | Outcome::Failed(_) => (None, Some(text(outcome, RunDialect::DotNet))),
    };
    DotNetBody {
        status: status.as_u16(),
        thread_id: error.is_none().then_some(echo.session.as_str()),
        response: answer.map(dotnet_response),
        error,
    }
}

fn dotnet_response(answer: &RunAnswer) -> DotNetResponse<'_> {
    DotNetResponse {
        messages: [DotNetMessage {
            role: "assistant",
            contents: [DotNetText {
                kind: "text",
                text: &answer.text,
            }],
        }],
        usage: DotNetUsage {
            input_token_count: answer.usage.input_tokens,
            output_token_count: answer.usage.output_tokens,
            total_token_count: answer.usage.total_tokens,
        },
    }
}

#[cfg(test)]
mod tests;
