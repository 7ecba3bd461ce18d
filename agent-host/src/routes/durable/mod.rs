//! The management API of durable instances, below `/runtime/webhooks/durabletask`: start, look,
//! signal, end, remove. Its paths match without case, so it finds its operations itself.

mod call;
mod document;
mod entities;
mod export;
mod functions;
mod history;
mod instances;
mod json;
mod links;
mod list;
mod path;
mod query;
mod refusal;
mod signal;
mod start;
mod time;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::negotiate::Query;
use super::{RouteName, RouteState, query_of};
use crate::auth::shown_key;
use call::Call;
pub(crate) use functions::Functions;
use path::{Operation, Route};
use refusal::Refusal;

/// Answers a request that belongs to this family; `None` for any other.
pub(crate) async fn answer(host: &RouteState, request: Request) -> Option<Response> {
    if !host.options.management_api {
        return None;
    }
    let operation = match path::route(request.method(), request.uri().path()) {
        Route::Foreign => return None,
        Route::Unknown => Err(Refusal::NOT_FOUND),
        Route::Known(operation) => Ok(operation),
    };
    let query = query_of(request.uri());
    if !host
        .keys
        .allow_management(shown_key(request.headers(), &query))
    {
        return Some(locked());
    }
    let (operation, route) = match operation {
        Ok(operation) => {
            let route = operation.route();
            (operation, route)
        }
        Err(refusal) => return Some(refusal.into_response()),
    };
    let mut response = match run(host, operation, request, query).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    };
    response.extensions_mut().insert(RouteName(route));
    Some(response)
}

async fn run(
    host: &RouteState,
    operation: Operation,
    request: Request,
    query: Query,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let mut call = Call::new(host, head, query)?;
    if operation.takes_body() {
        call.receive(body).await?;
    }
    operate(&call, operation).await
}

async fn operate(call: &Call<'_>, operation: Operation) -> Result<Response, Refusal> {
    match operation {
        Operation::Start { name, id } => start::start(call, &name, id).await,
        Operation::Restart { id } => start::restart(call, &id).await,
        Operation::RestartWithOptions { id } => start::restart_with_options(call, &id).await,
        Operation::Status { id } => instances::status(call, &id).await,
        Operation::List => list::instances(call).await,
        Operation::Purge { id } => instances::purge(call, &id).await,
        Operation::PurgeMatching => instances::purge_matching(call).await,
        Operation::RaiseEvent { id, event } => signal::raise_event(call, &id, &event).await,
        Operation::Terminate { id } => signal::terminate(call, &id).await,
        Operation::Suspend { id } => signal::suspend(call, &id).await,
        Operation::Resume { id } => signal::resume(call, &id).await,
        Operation::Rewind { id } => signal::rewind(call, &id).await,
        Operation::History { id } => export::history(call, &id).await,
        Operation::ReadEntity { name, key } => entities::read(call, &name, &key).await,
        Operation::ListEntities { name } => list::entities(call, name.as_deref()).await,
        Operation::SignalEntity { name, key } => entities::signal(call, &name, &key).await,
        Operation::DeleteEntity { name, key } => entities::delete(call, &name, &key).await,
        Operation::MakePrimary => Err(Refusal::bad_request(
            "This app has its hub for itself: there is no other to take it over from",
        )),
    }
}

fn locked() -> Response {
    let scheme = HeaderValue::from_static("Bearer");
    (
        StatusCode::UNAUTHORIZED,
        [(header::WWW_AUTHENTICATE, scheme)],
    )
        .into_response()
}

#[cfg(test)]
mod tests;
