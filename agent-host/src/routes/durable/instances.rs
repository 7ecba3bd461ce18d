//! Looking at instances and removing them.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use durable_task::{ClientError, Fetch, InstanceFilter, InstanceId, InstanceState, Status};

use super::call::Call;
use super::document::status_document;
use super::history::{Shown, shaped};
use super::query::Parameters;
use super::refusal::{Refusal, json};
use crate::routes::respond;

/// When a client should look again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How long a request removes instances.
const PURGE_TIME: Duration = Duration::from_mins(1);

/// How an instance is answered.
pub(super) struct Shape {
    pub(super) show_input: bool,
    pub(super) error_on_failure: bool,
    /// The shaped history, if it was asked for.
    pub(super) history: Option<String>,
}

/// `GET /instances/{id}`.
pub(super) async fn status(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let parameters = &call.parameters;
    let show_history = parameters.flag("showHistory", false)?;
    let shown = Shown {
        inputs: parameters.flag("showInput", true)?,
        outputs: parameters.flag("showHistoryOutput", false)?,
    };
    let error_on_failure = parameters.flag("returnInternalServerErrorOnFailure", false)?;
    let id = InstanceId::from_stored(id);
    let Some(state) = call.find(&id, Fetch::Payloads).await? else {
        return Err(Refusal::NOT_FOUND);
    };
    let history = if show_history && state.status != Status::Pending {
        Some(shaped(&call.client().history(&id).await?, shown))
    } else {
        None
    };
    let shape = Shape {
        show_input: shown.inputs,
        error_on_failure,
        history,
    };
    Ok(answer(call, &state, &shape))
}

/// The status of an instance as an answer: 202 until it has ended.
pub(super) fn answer(call: &Call<'_>, state: &InstanceState, shape: &Shape) -> Response {
    let body = status_document(state, shape.show_input, shape.history.as_deref());
    if !state.status.is_terminal() {
        let response = json(StatusCode::ACCEPTED, body);
        let response = respond::with_location(response, &call.own_link());
        return respond::with_retry_after(response, RETRY_AFTER);
    }
    let is_error = state.status == Status::Failed && shape.error_on_failure;
    let status = if is_error {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    };
    json(status, body)
}

/// `DELETE /instances/{id}`.
pub(super) async fn purge(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let recursive = call.parameters.flag("recursive", false)?;
    match call
        .client()
        .purge(&InstanceId::from_stored(id), recursive)
        .await
    {
        Ok(0) => Err(Refusal::NOT_FOUND),
        Ok(removed) => Ok(deleted(removed, true)),
        Err(ClientError::InvalidState { instance, .. }) => Err(Refusal::Text(
            StatusCode::PRECONDITION_FAILED,
            format!("The instance '{instance}' has not ended and can't be purged"),
        )),
        Err(error) => Err(error.into()),
    }
}

/// `DELETE /instances`.
pub(super) async fn purge_matching(call: &Call<'_>) -> Result<Response, Refusal> {
    let parameters = &call.parameters;
    if parameters.text("recursive").is_some() {
        let text = "'recursive' is for a single instance";
        return Err(Refusal::Text(StatusCode::BAD_REQUEST, text.to_owned()));
    }
    let Some(from) = parameters.time("createdTimeFrom")? else {
        let text = "Please provide value for 'createdTimeFrom' parameter.";
        return Err(Refusal::Text(StatusCode::BAD_REQUEST, text.to_owned()));
    };
    let filter = InstanceFilter {
        created_from: Some(from),
        ..filter(parameters)?
    };
    let purged = call.client().purge_matching(&filter, PURGE_TIME).await?;
    if purged.removed == 0 && purged.complete {
        return Err(Refusal::NOT_FOUND);
    }
    Ok(deleted(purged.removed, purged.complete))
}

fn deleted(removed: u64, complete: bool) -> Response {
    let rest = if complete {
        ""
    } else {
        ",\"isComplete\":false"
    };
    json(
        StatusCode::OK,
        format!("{{\"instancesDeleted\":{removed}{rest}}}"),
    )
}

/// The filter of a query. Its end is part of the range there, and not in a hub's filter.
pub(super) fn filter(parameters: &Parameters) -> Result<InstanceFilter, Refusal> {
    const TICK: Duration = Duration::from_nanos(100);
    let created_to = parameters.time("createdTimeTo")?;
    Ok(InstanceFilter {
        statuses: parameters.statuses()?,
        created_from: parameters.time("createdTimeFrom")?,
        created_to: created_to.map(|to| to.saturating_add(TICK)),
        id_prefix: parameters.text("instanceIdPrefix").map(str::to_owned),
        ..InstanceFilter::default()
    })
}
