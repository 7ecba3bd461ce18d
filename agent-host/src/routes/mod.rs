//! The HTTP surface: one file per family of routes, each with its parsing and rendering apart from
//! its handlers. `docs/http.md` is its contract.

mod agents;
mod body;
mod chat;
pub(crate) mod durable;
mod health;
mod info;
mod link;
pub(crate) mod negotiate;
mod received;
pub(crate) mod respond;
mod run_error;
mod session_field;
mod sessions;
mod workflows;

use std::sync::Arc;
use std::time::Instant;

use agent_sdk::AgentClient;
use agent_sdk::workflow::WorkflowClient;
use axum::Router;
use axum::extract::{MatchedPath, Query as QueryOf, Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use durable_task::Client;
use tokio_util::sync::CancellationToken;

use crate::auth::{FunctionKeys, Guard, require_key, require_local};
use crate::backend::Engine;
use crate::graph::Pictures;
use crate::options::{AuthLevel, HttpOptions};
pub(crate) use link::{Origin, encoded};
use negotiate::Query;

/// What the handlers share.
pub(crate) struct RouteState {
    pub(crate) agents: AgentClient,
    pub(crate) workflows: WorkflowClient,
    pub(crate) options: HttpOptions,
    /// Of workflows.
    pub(crate) pictures: Pictures,
    pub(crate) hub: Arc<Engine>,
    /// A client of the same engine.
    pub(crate) client: Arc<dyn Client>,
    pub(crate) keys: FunctionKeys,
    /// What the app has code for.
    pub(crate) functions: durable::Functions,
    /// The name of its hub, in links.
    pub(crate) task_hub: String,
    /// Cancelled when the server must end: callers that still wait are told where to fetch.
    pub(crate) closing: CancellationToken,
}

/// All routes of an app.
pub(crate) fn router(state: Arc<RouteState>) -> Router {
    let keys = &state.keys;
    let level = state.options.auth_level;
    let mut api = Router::new()
        .route("/api/agents", get(info::list))
        .route("/api/agents/{name}/run", post(agents::run))
        .route("/api/agents/{name}/chat", post(chat::chat))
        .route("/api/agents/{name}/info", get(info::info))
        .route(
            "/api/agents/{name}/{session}",
            get(sessions::read).delete(sessions::delete),
        )
        .route(
            "/api/agents/{name}/{session}/runs/{correlation}",
            get(agents::late),
        );
    if received::public_agents(state.agents.app(), &state.options).count() == 1 {
        api = api
            .route("/api/{name}/chat", post(chat::chat))
            .route("/api/{name}/info", get(info::info));
    }
    let api = api.merge(workflows::routes(state.workflows.app().workflows().count()));
    let mut routes = guarded(api, keys, level);
    if state.options.health_check {
        let level = state.options.health_auth_level.unwrap_or(level);
        let health = Router::new().route("/api/health", get(health::health));
        routes = routes.merge(guarded(health, keys, level));
    }
    let routes = routes
        .method_not_allowed_fallback(|| async {
            respond::error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
        })
        .fallback(elsewhere);
    let routes = if keys.is_empty() {
        routes.layer(middleware::from_fn(require_local))
    } else {
        routes
    };
    routes.layer(middleware::from_fn(log)).with_state(state)
}

/// Whatever no route matches: a family that matches its paths itself, or nothing.
async fn elsewhere(State(host): State<Arc<RouteState>>, request: Request) -> Response {
    let answer = durable::answer(&host, request).await;
    answer.unwrap_or_else(|| respond::error(StatusCode::NOT_FOUND, "Not found"))
}

fn guarded(
    routes: Router<Arc<RouteState>>,
    keys: &FunctionKeys,
    level: AuthLevel,
) -> Router<Arc<RouteState>> {
    let guard = Guard {
        keys: keys.clone(),
        level,
    };
    routes.route_layer(middleware::from_fn_with_state(guard, require_key))
}

/// The route of an answer, for the log, where the router did not match it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteName(&'static str);

/// The query of a request, decoded.
pub(crate) fn query_of(uri: &Uri) -> Query {
    QueryOf::try_from_uri(uri).map_or_else(|_| Query::new(), |QueryOf(query)| query)
}

/// One line per request: the route, never the path or the query, which hold ids and keys.
async fn log(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let own = response.extensions().get::<RouteName>();
    let route = own.map(|name| name.0);
    let route = route.or(matched.as_ref().map(MatchedPath::as_str));
    let route = route.unwrap_or("none");
    tracing::info!(
        %method,
        route,
        status = response.status().as_u16(),
        duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
}
