//! `POST /api/workflow/{wf}/cancel/{id}`, and `DELETE` of an open request.

use std::sync::Arc;

use agent_sdk::workflow::Delivered;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{Named, input, refusal, to_the_end};
use crate::routes::{RouteState, query_of, respond};

/// What a run that was cancelled without a reason says.
const REASON: &str = "cancelled over HTTP";

/// Ends a run with everything that it has started.
pub(super) async fn run(
    State(host): State<Arc<RouteState>>,
    named: Named,
    request: Request,
) -> Response {
    let query = query_of(request.uri());
    let reason = input::find(&query, "reason").unwrap_or(REASON).to_owned();
    let (client, run) = (host.workflows.clone(), named.run.clone());
    let workflow = named.graph.name;
    let cancel = async move { client.cancel(workflow, &run, Some(&reason)).await };
    match to_the_end(cancel).await {
        Ok(()) => {
            let run = named.run.as_str();
            let body = json!({"message": "Workflow cancelled", "instanceId": run});
            respond::json(StatusCode::OK, &body)
        }
        Err(error) => refusal::error(&error),
    }
}

/// Withdraws an open request.
pub(super) async fn request(State(host): State<Arc<RouteState>>, named: Named) -> Response {
    let (client, run, request) = (
        host.workflows.clone(),
        named.run.clone(),
        named.request.clone(),
    );
    let workflow = named.graph.name;
    let cancel = async move { client.cancel_request(workflow, &run, &request).await };
    match to_the_end(cancel).await {
        Ok(delivered) => {
            let (status, message) = match delivered {
                Delivered::Taken => (StatusCode::OK, "Request cancelled"),
                Delivered::Stored => (
                    StatusCode::ACCEPTED,
                    "Cancellation stored until the run goes on",
                ),
            };
            let body = json!({
                "message": message,
                "instanceId": named.run.as_str(),
                "requestId": named.request,
            });
            respond::json(status, &body)
        }
        Err(error) => refusal::error(&error),
    }
}
