//! Workflows over HTTP, in two families of routes: `workflow/..` answers as the Python package of
//! the reference, `workflows/..` as its .NET package. What is not in either (events, cancelling,
//! the graph) is the same in both.

mod cancel;
mod dotnet;
mod events;
mod graph;
mod input;
mod refusal;
mod respond;
mod run;
mod status;

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::workflow::{Graph, InvalidMessage, WorkflowError, WorkflowStarted, WorkflowStatus};
use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::routing::{delete, get, post};
use durable_task::{ClientError, InstanceId};
use tokio::time::Instant;

use super::RouteState;
use input::Readings;
use refusal::Unnamed;

/// The pause after a look that the hub could not answer.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The routes of both families. An app with one workflow has them without its name, too.
pub(crate) fn routes(workflows: usize) -> Router<Arc<RouteState>> {
    let mut routes = Router::new();
    if workflows == 0 {
        return routes;
    }
    routes = family(routes, "/api/workflow/{wf}", Dialect::Python);
    routes = family(routes, "/api/workflows/{wf}", Dialect::DotNet);
    if workflows == 1 {
        routes = family(routes, "/api/workflow", Dialect::Python);
        routes = family(routes, "/api/workflows", Dialect::DotNet);
    }
    routes
}

/// Which package of the reference the answers are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Python,
    DotNet,
}

fn family(
    routes: Router<Arc<RouteState>>,
    prefix: &str,
    dialect: Dialect,
) -> Router<Arc<RouteState>> {
    let at = |rest: &str| format!("{prefix}/{rest}");
    let routes = match dialect {
        Dialect::Python => routes
            .route(&at("run"), post(run::run))
            .route(&at("status/{id}"), get(status::status))
            .route(
                &at("respond/{id}/{request}"),
                post(respond::respond).delete(cancel::request),
            ),
        Dialect::DotNet => routes
            .route(&at("run"), post(dotnet::run))
            .route(&at("status/{id}"), get(dotnet::status))
            .route(&at("respond/{id}"), post(dotnet::respond))
            .route(&at("respond/{id}/{request}"), delete(cancel::request)),
    };
    routes
        .route(&at("cancel/{id}"), post(cancel::run))
        .route(&at("events/{id}"), get(events::events))
        .route(&at("graph"), get(graph::graph))
}

/// What the path of a request names.
#[derive(Debug, Clone)]
struct Named {
    /// The workflow.
    graph: &'static Graph,
    /// Whether the path has the workflow's name in it.
    with_name: bool,
    /// The run.
    run: InstanceId,
    /// The request.
    request: String,
}

impl Named {
    /// A path of ours for the same workflow.
    fn path(&self, family: &str, rest: &str) -> String {
        if self.with_name {
            format!("/api/{family}/{}/{rest}", super::encoded(self.graph.name))
        } else {
            format!("/api/{family}/{rest}")
        }
    }
}

impl FromRequestParts<Arc<RouteState>> for Named {
    type Rejection = Unnamed;

    async fn from_request_parts(
        parts: &mut Parts,
        host: &Arc<RouteState>,
    ) -> Result<Self, Unnamed> {
        let params = RawPathParams::from_request_parts(parts, host)
            .await
            .map_err(|error| Unnamed::Path(error.to_string()))?;
        let param = |name: &str| {
            let mut all = params.iter();
            let found = all.find(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_owned())
        };
        let app = host.workflows.app();
        let name = param("wf");
        let graph = match &name {
            Some(name) => app.workflow(name),
            None => app.workflows().next(),
        };
        let graph = graph.ok_or_else(|| Unnamed::Workflow(name.clone().unwrap_or_default()))?;
        Ok(Self {
            graph,
            with_name: name.is_some(),
            run: InstanceId::from_stored(param("id").unwrap_or_default()),
            request: param("request").unwrap_or_default(),
        })
    }
}

/// Does something in a task of its own: a caller that goes away once its request is whole leaves
/// nothing half-way.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, WorkflowError>> + Send + 'static,
) -> Result<T, WorkflowError> {
    tokio::spawn(work).await.unwrap_or_else(|error| {
        Err(WorkflowError::Hub(ClientError::Unavailable {
            reason: format!("the work on the request did not end: {error}"),
        }))
    })
}

/// Starts a run. Of several readings of one body, the first that fits the workflow's type counts;
/// if none does, what is wrong with the JSON is told.
async fn start(
    host: &RouteState,
    workflow: &'static str,
    readings: Readings,
    run: Option<String>,
) -> Result<WorkflowStarted, WorkflowError> {
    let client = host.workflows.clone();
    to_the_end(async move {
        let mut told = None;
        for (place, input) in readings.in_order.iter().enumerate() {
            match client.start_named(workflow, input, run.as_deref()).await {
                Err(WorkflowError::InvalidInput { workflow, problem }) => {
                    if told.is_none() || readings.json == Some(place) {
                        told = Some((workflow, problem));
                    }
                }
                result => return result,
            }
        }
        let (workflow, mut problem) = told.unwrap_or_else(|| {
            let nothing = InvalidMessage {
                path: String::from("."),
                problem: String::from("there is no input"),
            };
            (workflow.to_owned(), nothing)
        });
        if let Some(why) = &readings.not_json {
            problem.problem = format!("not JSON: {why}; and as a text: {}", problem.problem);
        }
        Err(WorkflowError::InvalidInput { workflow, problem })
    })
    .await
}

/// Waits for the end of a run, at most that long; then how it stands. `None` if the server ends
/// before. A look that the hub could not answer is repeated: the run is durable, whatever happens
/// to its reader.
async fn wait(
    host: &RouteState,
    workflow: &str,
    run: &InstanceId,
    limit: Duration,
) -> Result<Option<WorkflowStatus>, WorkflowError> {
    let deadline = Instant::now() + limit;
    let look = async {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match host.workflows.wait(workflow, run, left).await {
                Err(error) if error.is_retryable() && !left.is_zero() => {
                    tracing::warn!(%run, %error, "the run could not be read; looking again");
                    tokio::time::sleep(LOOK_AGAIN.min(left)).await;
                }
                result => return result,
            }
        }
    };
    tokio::select! {
        biased;
        result = look => result.map(Some),
        () = host.closing.cancelled() => Ok(None),
    }
}

#[cfg(test)]
mod tests;
