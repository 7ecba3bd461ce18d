//! The family `workflows/..`, which answers as the .NET package of the reference.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::workflow::{PendingRequest, WorkflowError, WorkflowStatus};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use durable_task::Status;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::refusal::Unnamed;
use super::{Named, input, refusal, respond as python, start, wait};
use crate::routes::negotiate::accepts;
use crate::routes::received::Received;
use crate::routes::{RouteState, encoded, respond as answer};

/// That family waits without a limit; a connection that lasts longer is no use to anybody.
const WAIT: Duration = Duration::from_hours(24);

/// `POST workflows/{wf}/run`: starts a run, and waits for its end if asked to.
pub(super) async fn run(
    State(host): State<Arc<RouteState>>,
    named: Result<Named, Unnamed>,
    request: Request,
) -> Response {
    let answer = match named {
        Ok(named) => run_or_refuse(&host, &named, request).await,
        Err(unnamed) => Err(refuse_path(&unnamed, request.headers())),
    };
    answer.unwrap_or_else(|refused| refused)
}

async fn run_or_refuse(
    host: &RouteState,
    named: &Named,
    request: Request,
) -> Result<Response, Response> {
    let received = Received::whole(host, request).await?;
    let parts = received.parts();
    let as_json = wants_json(parts.headers);
    let refuse = |error: &WorkflowError| {
        let (status, text) = refusal::told(error);
        refused(status, &text, as_json)
    };
    let readings = input::text_first(parts.body);
    if readings.in_order.is_empty() {
        let text = "Workflow input cannot be empty.";
        return Err(refused(StatusCode::BAD_REQUEST, text, as_json));
    }
    let run = input::run_id(parts.query);
    let started = start(host, named.graph.name, readings, run).await;
    let started = started.map_err(|error| refuse(&error))?;
    if input::header_wait(parts.headers) == Some(true) {
        let status = wait(host, named.graph.name, &started.run, WAIT).await;
        let status = status.map_err(|error| refuse(&error))?;
        if let Some(status) = status.filter(|status| status.status.is_terminal()) {
            return Ok(ended(&status, as_json));
        }
    }
    let text = format!(
        "Workflow orchestration started for {}. Orchestration runId: {}",
        named.graph.name, started.run
    );
    let path = named.path(
        "workflows",
        &format!("status/{}", encoded(started.run.as_str())),
    );
    Ok(answer::with_location(
        answer::text(StatusCode::ACCEPTED, text),
        &path,
    ))
}

fn ended(status: &WorkflowStatus, as_json: bool) -> Response {
    let failure = super::status::failure(status).unwrap_or_default();
    let is_failed = status.status == Status::Failed;
    if !is_failed && status.status != Status::Completed {
        let name = super::status::name(status.status);
        let text = format!("Workflow run '{}' ended with status '{name}'.", status.run);
        return refused(StatusCode::INTERNAL_SERVER_ERROR, &text, as_json);
    }
    if as_json {
        let mut body = json!({
            "runId": status.run.as_str(),
            "workflowStatus": super::status::name(status.status),
            "result": result(status),
        });
        if is_failed {
            body["error"] = failure.into();
        }
        return answer::json(StatusCode::OK, &body);
    }
    let text = match result(status) {
        _ if is_failed => failure.to_owned(),
        Value::String(text) => text,
        Value::Null => String::new(),
        value => value.to_string(),
    };
    answer::text(StatusCode::OK, text)
}

/// One output stands for itself, several are a list.
fn result(status: &WorkflowStatus) -> Value {
    let outputs = status.outputs.as_deref().unwrap_or_default();
    let values = outputs.iter().map(|output| {
        // What was recorded as JSON is JSON.
        serde_json::from_str(output.json()).unwrap_or(Value::Null)
    });
    let mut values: Vec<Value> = values.collect();
    match values.len() {
        0 => Value::Null,
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

/// `GET workflows/{wf}/status/{id}`.
pub(super) async fn status(
    State(host): State<Arc<RouteState>>,
    named: Result<Named, Unnamed>,
    headers: HeaderMap,
) -> Response {
    let named = match named {
        Ok(named) => named,
        Err(unnamed) => return refuse_path(&unnamed, &headers),
    };
    let status = host.workflows.status(named.graph.name, &named.run).await;
    match status {
        Ok(status) => {
            let pending = &status.pending;
            let waiting: Vec<Value> = pending
                .iter()
                .map(|request| {
                    let event = event_name(request, pending);
                    json!({"eventName": event, "input": request.data})
                })
                .collect();
            let body = json!({
                "runId": status.run.as_str(),
                "status": super::status::name(status.status),
                "waitingForInput": (!waiting.is_empty()).then_some(waiting),
            });
            answer::json(StatusCode::OK, &body)
        }
        Err(error) => refuse_run(&named, &error, wants_json(&headers)),
    }
}

/// The port, where that says which request is meant; else the request's id.
fn event_name<'a>(request: &'a PendingRequest, all: &[PendingRequest]) -> &'a str {
    let mut same = all.iter().filter(|other| other.node == request.node);
    let is_alone = same.next().is_some() && same.next().is_none();
    if is_alone && !request.id.contains('~') {
        &request.node
    } else {
        &request.id
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    event_name: Option<String>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
}

/// `POST workflows/{wf}/respond/{id}`.
pub(super) async fn respond(
    State(host): State<Arc<RouteState>>,
    named: Result<Named, Unnamed>,
    request: Request,
) -> Response {
    let answer = match named {
        Ok(named) => respond_or_refuse(&host, &named, request).await,
        Err(unnamed) => Err(refuse_path(&unnamed, request.headers())),
    };
    answer.unwrap_or_else(|refused| refused)
}

async fn respond_or_refuse(
    host: &RouteState,
    named: &Named,
    request: Request,
) -> Result<Response, Response> {
    let received = Received::whole(host, request).await?;
    let parts = received.parts();
    let as_json = wants_json(parts.headers);
    let refuse = |text: &str| refused(StatusCode::BAD_REQUEST, text, as_json);
    serde_json::from_slice::<&RawValue>(parts.body)
        .map_err(|_| refuse("Request body is not valid JSON."))?;
    let body: Option<Answer<'_>> = serde_json::from_slice(parts.body).ok();
    let (event, response) = body
        .and_then(|body| {
            Some((
                body.event_name.filter(|name| !name.is_empty())?,
                body.response?,
            ))
        })
        .ok_or_else(|| {
            refuse("Body must contain a non-empty 'eventName' and a 'response' property.")
        })?;
    let status = host.workflows.status(named.graph.name, &named.run).await;
    let status = status.map_err(|error| refuse_run(named, &error, as_json))?;
    if status.status.is_terminal() {
        return Err(refuse(&in_terminal_state(named, status.status)));
    }
    let wanted = status
        .pending
        .iter()
        .find(|request| request.id == event || event_name(request, &status.pending) == event);
    let not_waiting = || refuse(&format!("Workflow is not waiting for event '{event}'."));
    let wanted = wanted.ok_or_else(not_waiting)?;
    let delivered = python::deliver(host, named, &wanted.id, response.get()).await;
    delivered.map_err(|error| match error {
        // It was open a moment ago.
        WorkflowError::UnknownRequest { .. } | WorkflowError::RequestClosed { .. } => not_waiting(),
        WorkflowError::RunEnded { status, .. } => refuse(&in_terminal_state(named, status)),
        error => refuse_run(named, &error, as_json),
    })?;
    let body = json!({
        "message": "Response sent to workflow.",
        "runId": named.run.as_str(),
        "eventName": event,
        "validated": true,
    });
    Ok(answer::json(StatusCode::ACCEPTED, &body))
}

fn in_terminal_state(named: &Named, status: Status) -> String {
    let name = super::status::name(status);
    format!(
        "Workflow run '{}' is in terminal state '{name}'.",
        named.run
    )
}

fn refuse_path(unnamed: &Unnamed, headers: &HeaderMap) -> Response {
    let (status, text) = unnamed.told();
    refused(status, &text, wants_json(headers))
}

fn refuse_run(named: &Named, error: &WorkflowError, as_json: bool) -> Response {
    let (status, text) = refusal::told(error);
    let text = match error {
        WorkflowError::UnknownRun { .. } => format!("Workflow run '{}' not found.", named.run),
        _ => text,
    };
    refused(status, &text, as_json)
}

fn wants_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json")
}

fn refused(status: StatusCode, text: &str, as_json: bool) -> Response {
    refusal::with_retry_after(if as_json {
        let body = json!({"status": status.as_u16(), "error": text});
        answer::json(status, &body)
    } else {
        answer::text(status, text)
    })
}
