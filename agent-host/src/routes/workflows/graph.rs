//! `GET /api/workflow/{wf}/graph`.

use std::sync::Arc;

use agent_sdk::workflow::{GraphFormat, GraphView, WorkflowError};
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use durable_task::InstanceId;

use super::{Named, input, refusal};
use crate::graph::{Format, NotDrawn};
use crate::routes::negotiate::accepts;
use crate::routes::{RouteState, query_of, respond};

/// The graph of a workflow; with `?instanceId=` that of a run, and what became of its nodes.
pub(super) async fn graph(
    State(host): State<Arc<RouteState>>,
    named: Named,
    request: Request,
) -> Response {
    let query = query_of(request.uri());
    let format = match input::find(&query, "format") {
        Some(name) => match name.parse::<Format>() {
            Ok(format) => format,
            Err(error) => return respond::error(StatusCode::BAD_REQUEST, &error.to_string()),
        },
        None => accepted(request.headers()),
    };
    let run = input::find(&query, "instanceId");
    let picture = match (format, run) {
        (Format::Svg, None) => host
            .pictures
            .of_graph(named.graph)
            .await
            .map_err(|error| not_drawn(&error)),
        (Format::Text(format), None) => Ok(GraphView::of(named.graph).render(format).into()),
        (_, Some(run)) => of_run(&host, &named, run, format).await,
    };
    match picture {
        Ok(picture) => shown(format, picture),
        Err(refused) => refused,
    }
}

fn shown(format: Format, picture: Bytes) -> Response {
    let kind = [
        (header::CONTENT_TYPE, format.content_type()),
        // A picture that is opened by itself must not run what somebody put into a name.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "accept"),
    ];
    (kind, picture).into_response()
}

fn not_drawn(error: &NotDrawn) -> Response {
    let status = match error {
        NotDrawn::TooLarge(_) => StatusCode::UNPROCESSABLE_ENTITY,
        NotDrawn::Busy => StatusCode::SERVICE_UNAVAILABLE,
        NotDrawn::Broken => StatusCode::INTERNAL_SERVER_ERROR,
    };
    refusal::with_retry_after(respond::error(status, &error.to_string()))
}

async fn of_run(
    host: &RouteState,
    named: &Named,
    run: &str,
    format: Format,
) -> Result<Bytes, Response> {
    let view = view_of_run(host, named, run).await;
    let view = view.map_err(|error| refusal::error(&error))?;
    match format {
        Format::Text(format) => Ok(view.render(format).into()),
        Format::Svg => host
            .pictures
            .of_run(view)
            .await
            .map_err(|error| not_drawn(&error)),
    }
}

async fn view_of_run(
    host: &RouteState,
    named: &Named,
    run: &str,
) -> Result<GraphView, WorkflowError> {
    let run = InstanceId::from_stored(run);
    let graph = host.workflows.graph(named.graph.name, &run).await?;
    let runs = host.workflows.node_runs(named.graph.name, &run).await?;
    Ok(GraphView::of(graph).with_runs(&runs))
}

/// The first of our formats that the client takes.
fn accepted(headers: &HeaderMap) -> Format {
    let kinds = [
        ("image/svg+xml", Format::Svg),
        ("application/json", Format::Text(GraphFormat::Json)),
        ("text/vnd.graphviz", Format::Text(GraphFormat::Dot)),
    ];
    let found = kinds.into_iter().find(|(kind, _)| accepts(headers, kind));
    found.map_or(Format::Text(GraphFormat::Mermaid), |(_, format)| format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_no_turn_is_told_when_to_come_again() {
        let answer = not_drawn(&NotDrawn::Busy);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "1");
        let answer = not_drawn(&NotDrawn::Broken);
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn the_format_follows_what_is_accepted() {
        for (accept, name) in [
            ("*/*", "mermaid"),
            ("image/svg+xml, */*", "svg"),
            ("application/json", "json"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("accept", accept.parse().unwrap());
            assert_eq!(Ok(accepted(&headers)), name.parse(), "{accept}");
        }
    }
}
