//! `GET /api/workflow/{wf}/events/{id}`: what happens in a run, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use agent_sdk::workflow::{EventPage, RecordedEvent, WorkflowError};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use durable_task::InstanceId;
use futures_util::{Stream, StreamExt, stream};

use super::{Named, input, refusal};
use crate::routes::{RouteState, query_of, respond};

/// How often a stream on which nothing happens says that it is alive. Proxies close streams that
/// are silent for some minutes.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long one wait for news takes at most.
const WAIT: Duration = Duration::from_mins(1);
/// The pause after a look that the hub could not answer.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// After which time a reader whose connection broke comes again.
const RETRY: Duration = Duration::from_secs(2);

/// Everything that happened, and what happens from now on, until the run has ended. A reader that
/// comes again goes on after the event that its `Last-Event-ID` names.
pub(super) async fn events(
    State(host): State<Arc<RouteState>>,
    named: Named,
    request: Request,
) -> Response {
    let query = query_of(request.uri());
    let Ok(from) = first(request.headers(), &query) else {
        let text = "'Last-Event-ID' and 'after' must be the id of an event: a whole number.";
        return respond::error(StatusCode::BAD_REQUEST, text);
    };
    let workflow = named.graph.name;
    match host.workflows.events(workflow, &named.run, from).await {
        Ok(page) => {
            let follow = Follow {
                host,
                workflow,
                run: named.run,
                from,
                ready: Some(page),
            };
            let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
            Sse::new(follow.stream())
                .keep_alive(keep_alive)
                .into_response()
        }
        Err(error) => refusal::error(&error),
    }
}

/// The index of the first event that the reader wants.
fn first(
    headers: &HeaderMap,
    query: &[(String, String)],
) -> Result<usize, std::num::ParseIntError> {
    let header = headers.get("last-event-id");
    let header = header.and_then(|value| value.to_str().ok());
    // A reader that has seen no event may send an empty one.
    let header = header.filter(|value| !value.trim().is_empty());
    match header.or_else(|| input::find(query, "after")) {
        Some(last) => last
            .trim()
            .parse::<usize>()
            .map(|last| last.saturating_add(1)),
        None => Ok(0),
    }
}

/// A reader of one run.
struct Follow {
    host: Arc<RouteState>,
    workflow: &'static str,
    run: InstanceId,
    from: usize,
    /// What is to be sent next; after the end of the run nothing.
    ready: Option<EventPage>,
}

impl Follow {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        let closing = self.host.closing.clone();
        let pages = stream::unfold(self, |mut follow| async move {
            let page = match follow.ready.take() {
                Some(page) => page,
                None => follow.next().await?,
            };
            follow.from += page.events.len();
            if page.status.is_terminal() {
                let last = page.events;
                return Some((
                    last,
                    Self {
                        from: usize::MAX,
                        ..follow
                    },
                ));
            }
            Some((page.events, follow))
        });
        let events =
            pages.flat_map(|events| stream::iter(events.into_iter().map(|event| Ok(sent(&event)))));
        events.take_until(async move { closing.cancelled().await })
    }

    /// The next events; `None` when there will be no more.
    async fn next(&self) -> Option<EventPage> {
        if self.from == usize::MAX {
            return None;
        }
        loop {
            let client = &self.host.workflows;
            let page = client
                .next_events(self.workflow, &self.run, self.from, WAIT)
                .await;
            match page {
                Ok(page) => return Some(page),
                Err(WorkflowError::Hub(error)) if error.is_retryable() => {
                    tracing::warn!(run = %self.run, %error, "the run could not be read");
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(error) => {
                    tracing::warn!(run = %self.run, %error, "a stream of events ends early");
                    return None;
                }
            }
        }
    }
}

fn sent(recorded: &RecordedEvent) -> Event {
    let name = serde_json::to_value(recorded.event.kind);
    let name = name.ok().and_then(|name| name.as_str().map(str::to_owned));
    let event = Event::default()
        .id(recorded.index.to_string())
        .retry(RETRY)
        .event(name.unwrap_or_else(|| String::from("message")));
    match serde_json::to_string(recorded) {
        // JSON that we write has no line breaks, which an event could not hold.
        Ok(data) => event.data(data),
        Err(error) => {
            tracing::error!(%error, "an event could not be written as JSON");
            event.comment("unreadable")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_goes_on_after_the_event_that_it_names() {
        let mut headers = HeaderMap::new();
        assert_eq!(first(&headers, &[]), Ok(0));
        let query = [("after".to_owned(), "4".to_owned())];
        assert_eq!(first(&headers, &query), Ok(5));
        headers.insert("last-event-id", "7".parse().unwrap());
        assert_eq!(first(&headers, &query), Ok(8));
        headers.insert("last-event-id", "".parse().unwrap());
        assert_eq!(first(&headers, &query), Ok(5));
        headers.insert("last-event-id", "x".parse().unwrap());
        assert!(first(&headers, &query).is_err());
    }
}
