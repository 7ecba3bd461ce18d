//! `POST /api/workflow/{wf}/run`.

use std::sync::Arc;

use agent_sdk::workflow::WorkflowStatus;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use durable_task::{InstanceId, Status};
use serde_json::json;

use super::{Named, input, refusal, start, wait};
use crate::routes::received::Received;
use crate::routes::{RouteState, encoded, respond};

/// Starts a run, and waits for its end if asked to.
pub(super) async fn run(
    State(host): State<Arc<RouteState>>,
    named: Named,
    request: Request,
) -> Response {
    match run_or_refuse(&host, &named, request).await {
        Ok(response) | Err(response) => response,
    }
}

async fn run_or_refuse(
    host: &RouteState,
    named: &Named,
    request: Request,
) -> Result<Response, Response> {
    let received = Received::whole(host, request).await?;
    let parts = received.parts();
    let readings = input::json_first(parts.body);
    if readings.in_order.is_empty() {
        let text = "Request body is required";
        return Err(respond::error(StatusCode::BAD_REQUEST, text));
    }
    let limit = input::wait(parts.headers, parts.query)
        .map_err(|(status, text)| respond::error(status, text))?;
    let run = input::run_id(parts.query);
    let started = start(host, named.graph.name, readings, run).await;
    let started = started.map_err(|error| refusal::error(&error))?;
    if let Some(limit) = limit {
        let status = wait(host, named.graph.name, &started.run, limit).await;
        let status = status.map_err(|error| refusal::error(&error))?;
        if let Some(answer) = status.as_ref().and_then(ended) {
            return Ok(answer);
        }
    }
    Ok(accepted(host, named, &started.run, parts.headers))
}

fn accepted(host: &RouteState, named: &Named, run: &InstanceId, headers: &HeaderMap) -> Response {
    let origin = &host.options.origin;
    let id = encoded(run.as_str());
    let status = named.path("workflow", &format!("status/{id}"));
    let respond_path = named.path("workflow", &format!("respond/{id}/{{requestId}}"));
    let body = json!({
        "instanceId": run.as_str(),
        "statusQueryGetUri": origin.link(&status, headers),
        "respondUri": origin.link(&respond_path, headers),
        "message": "Workflow started",
    });
    respond::with_location(respond::json(StatusCode::ACCEPTED, &body), &status)
}

/// The answer to a caller who waited for the end.
fn ended(status: &WorkflowStatus) -> Option<Response> {
    let run = &status.run;
    let body = match status.status {
        Status::Completed => json!({
            "instanceId": run.as_str(),
            "runtimeStatus": "Completed",
            "output": status.outputs,
        }),
        Status::Failed => json!({
            "instanceId": run.as_str(),
            "runtimeStatus": "Failed",
            "output": null,
            "error": super::status::failure(status),
        }),
        Status::Terminated | Status::Canceled => {
            let name = super::status::name(status.status);
            let text =
                format!("Workflow orchestration '{run}' ended with unexpected status '{name}'.");
            return Some(respond::error(StatusCode::INTERNAL_SERVER_ERROR, &text));
        }
        _ => return None,
    };
    Some(respond::json(StatusCode::OK, &body))
}
