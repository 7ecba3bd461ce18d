//! `POST /api/workflow/{wf}/respond/{id}/{request}`.

use std::sync::Arc;

use agent_sdk::workflow::{Delivered, WorkflowError};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use serde_json::value::RawValue;

use super::{Named, refusal, to_the_end};
use crate::routes::received::Received;
use crate::routes::{RouteState, respond as answer};

/// Answers an open request.
pub(super) async fn respond(
    State(host): State<Arc<RouteState>>,
    named: Named,
    request: Request,
) -> Response {
    match respond_or_refuse(&host, &named, request).await {
        Ok(response) | Err(response) => response,
    }
}

async fn respond_or_refuse(
    host: &RouteState,
    named: &Named,
    request: Request,
) -> Result<Response, Response> {
    if named.run.as_str().is_empty() || named.request.is_empty() {
        let text = "Instance ID and Request ID are required.";
        return Err(answer::error(StatusCode::BAD_REQUEST, text));
    }
    let received = Received::whole(host, request).await?;
    let body: &RawValue = serde_json::from_slice(received.parts().body).map_err(|_| {
        let text = "Request body must be valid JSON.";
        answer::error(StatusCode::BAD_REQUEST, text)
    })?;
    let delivered = deliver(host, named, &named.request, body.get()).await;
    let (status, message) = match delivered.map_err(|error| refusal::error(&error))? {
        Delivered::Taken => (StatusCode::OK, "Response delivered successfully"),
        Delivered::Stored => (
            StatusCode::ACCEPTED,
            "Response stored until the run goes on",
        ),
    };
    let body = json!({
        "message": message,
        "instanceId": named.run.as_str(),
        "requestId": named.request,
    });
    Ok(answer::json(status, &body))
}

/// Delivers an answer.
pub(super) async fn deliver(
    host: &RouteState,
    named: &Named,
    request: &str,
    json: &str,
) -> Result<Delivered, WorkflowError> {
    let client = host.workflows.clone();
    let (workflow, run) = (named.graph.name, named.run.clone());
    let (request, json) = (request.to_owned(), json.to_owned());
    to_the_end(async move { client.respond(workflow, &run, &request, &json).await }).await
}
