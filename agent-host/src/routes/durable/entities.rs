//! Reading entities and sending them operations.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::call::Call;
use super::functions::entity_id;
use super::json::{embedded, quoted};
use super::refusal::{Refusal, json};
use crate::routes::negotiate;

/// The operation that ends an entity.
const DELETE: &str = "delete";

/// `GET /entities/{name}/{key}`: the state and nothing else.
pub(super) async fn read(call: &Call<'_>, name: &str, key: &str) -> Result<Response, Refusal> {
    let entity = entity_id(name, key)?;
    let found = call.client().get_entity(&entity, true).await?;
    match found.and_then(|entity| entity.state) {
        Some(state) => Ok(json(StatusCode::OK, embedded(Some(&state)).into_owned())),
        None => Err(Refusal::NOT_FOUND),
    }
}

/// `POST /entities/{name}/{key}`. A body that is not JSON by its type is a string.
pub(super) async fn signal(call: &Call<'_>, name: &str, key: &str) -> Result<Response, Refusal> {
    let entity = call.functions().entity(name, key)?;
    let media_type = negotiate::content_type(&call.headers);
    let input = match media_type.as_deref() {
        None | Some("application/json") => call.json_body()?,
        Some(_) => {
            let text = call.text_body()?;
            (!text.is_empty()).then(|| quoted(text))
        }
    };
    let operation = call.parameters.text("op").unwrap_or_default();
    let client = call.client();
    client
        .signal_entity(&entity, operation, input, None)
        .await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// `DELETE /entities/{name}/{key}`.
pub(super) async fn delete(call: &Call<'_>, name: &str, key: &str) -> Result<Response, Refusal> {
    let entity = call.functions().entity(name, key)?;
    call.client()
        .signal_entity(&entity, DELETE, None, None)
        .await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
