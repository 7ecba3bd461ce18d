//! `GET /api/workflow/{wf}/status/{id}`.

use std::sync::Arc;

use agent_sdk::workflow::{PendingRequest, WorkflowStatus};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use durable_task::Status;
use serde_json::{Value, json};

use super::{Named, refusal};
use crate::routes::{RouteState, encoded, respond};

/// How a run stands.
pub(super) async fn status(
    State(host): State<Arc<RouteState>>,
    named: Named,
    headers: HeaderMap,
) -> Response {
    match host.workflows.status(named.graph.name, &named.run).await {
        Ok(status) => {
            let link = |path: &str| host.options.origin.link(path, &headers);
            respond::json(StatusCode::OK, &document(&named, &status, link))
        }
        Err(error) => refusal::error(&error),
    }
}

fn document(named: &Named, status: &WorkflowStatus, link: impl Fn(&str) -> String) -> Value {
    let mut document = json!({
        "instanceId": status.run.as_str(),
        "runtimeStatus": name(status.status),
        "customStatus": status.custom_status,
        "output": status.outputs,
        "error": failure(status),
        "createdTime": respond::timestamp(status.created_at),
        "lastUpdatedTime": respond::timestamp(status.updated_at),
        "version": status.version,
    });
    if status.parked {
        document["parked"] = true.into();
        document["parkedBecause"] = json!(status.parked_because);
    }
    if !status.pending.is_empty() {
        let requests = status.pending.iter();
        let requests: Vec<Value> = requests
            .map(|request| {
                let (id, request_id) = (encoded(status.run.as_str()), encoded(&request.id));
                let path = named.path("workflow", &format!("respond/{id}/{request_id}"));
                pending(request, &link(&path))
            })
            .collect();
        document["pendingHumanInputRequests"] = requests.into();
    }
    document
}

fn pending(request: &PendingRequest, respond_url: &str) -> Value {
    json!({
        "requestId": request.id,
        "sourceExecutor": request.node,
        "requestData": request.data,
        "requestType": request.request_type,
        "responseType": request.response_type,
        "responseSchema": request.response_schema,
        "respondUrl": respond_url,
    })
}

/// How a run failed, for people.
pub(super) fn failure(status: &WorkflowStatus) -> Option<&str> {
    let failure = status.failure.as_ref();
    failure.map(|failure| failure.message.as_str())
}

/// A status as the reference writes it.
pub(super) fn name(status: Status) -> &'static str {
    match status {
        Status::Pending => "Pending",
        Status::Running => "Running",
        Status::Suspended => "Suspended",
        Status::Completed => "Completed",
        Status::Failed => "Failed",
        Status::Terminated => "Terminated",
        Status::Canceled => "Canceled",
        Status::ContinuedAsNew => "ContinuedAsNew",
    }
}
