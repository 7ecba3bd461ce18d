//! What is told to a running instance: events, and that it is to end, to stop or to go on.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use durable_task::{ClientError, Fetch, InstanceId, Status};

use super::call::Call;
use super::json::quoted;
use super::query::status_name;
use super::refusal::Refusal;
use crate::routes::negotiate;

/// `POST /instances/{id}/raiseEvent/{event}`.
pub(super) async fn raise_event(
    call: &Call<'_>,
    id: &str,
    event: &str,
) -> Result<Response, Refusal> {
    let (id, _) = live(call, id).await?;
    if negotiate::content_type(&call.headers).as_deref() != Some("application/json") {
        let text = "Only application/json request content is supported";
        return Err(Refusal::bad_request(text));
    }
    let input = call.json_body()?;
    call.client().raise_event(&id, event, input).await?;
    Ok(accepted())
}

/// `POST /instances/{id}/terminate`. The reason becomes the output, which is JSON.
pub(super) async fn terminate(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let recursive = call.parameters.flag("recursive", false)?;
    let (id, _) = live(call, id).await?;
    let reason = call.reason().map(|reason| quoted(&reason));
    call.client().terminate(&id, reason, recursive).await?;
    Ok(accepted())
}

/// `POST /instances/{id}/suspend`.
pub(super) async fn suspend(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let (id, status) = live(call, id).await?;
    if status == Status::Suspended {
        return Err(unfit(&id, "suspended", status));
    }
    call.client().suspend(&id, call.reason()).await?;
    Ok(accepted())
}

/// `POST /instances/{id}/resume`.
pub(super) async fn resume(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let (id, status) = live(call, id).await?;
    if status != Status::Suspended {
        return Err(unfit(&id, "resumed", status));
    }
    call.client().resume(&id, call.reason()).await?;
    Ok(accepted())
}

/// `POST /instances/{id}/rewind`.
pub(super) async fn rewind(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let unknown = || {
        let text = format!("No instance with id '{id}' was found");
        Refusal::Text(StatusCode::NOT_FOUND, text)
    };
    let not_failed = |status: Status| {
        let status = status_name(status);
        let text = format!("The instance '{id}' is {status}; only a failed one can be rewound");
        Refusal::Text(StatusCode::PRECONDITION_FAILED, text)
    };
    let instance = InstanceId::from_stored(id);
    let Some(state) = call.find(&instance, Fetch::Metadata).await? else {
        return Err(unknown());
    };
    if state.status != Status::Failed {
        return Err(not_failed(state.status));
    }
    match call.client().rewind(&instance, call.reason()).await {
        Ok(()) => Ok(accepted()),
        Err(ClientError::NotFound { .. }) => Err(unknown()),
        Err(ClientError::InvalidState { status, .. }) => Err(not_failed(status)),
        Err(error) => Err(error.into()),
    }
}

/// An instance that has not ended, and where it stands.
async fn live(call: &Call<'_>, id: &str) -> Result<(InstanceId, Status), Refusal> {
    let id = InstanceId::from_stored(id);
    match call.find(&id, Fetch::Metadata).await? {
        None => Err(Refusal::NOT_FOUND),
        Some(state) if state.status.is_terminal() => Err(Refusal::Bare(StatusCode::GONE)),
        Some(state) => Ok((id, state.status)),
    }
}

fn unfit(id: &InstanceId, what: &str, status: Status) -> Refusal {
    let text = format!(
        "The instance '{id}' can't be {what}: it is {}",
        status_name(status)
    );
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, text)
}

fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}
