//! The whole history of an instance, without a loss: what `replay` reads.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use durable_task::{Client, ClientError, Fetch, InstanceId, InstanceState, event_to_json};
use futures_util::stream;

use super::call::Call;
use super::json::Object;
use super::query::status_name;
use super::refusal::Refusal;

/// `GET /instances/{id}/history`. It is sent part by part, as it is read: a client that gets an
/// end before the closing bracket has not got it all.
pub(super) async fn history(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let id = InstanceId::from_stored(id);
    let Some(state) = call.find(&id, Fetch::Metadata).await? else {
        return Err(Refusal::NOT_FOUND);
    };
    let client = Arc::clone(&call.host.client);
    // What fails at once is an answer of its own.
    let first = client
        .history_part(&id, Some(&state.execution_id), None)
        .await?;
    let head = head(&state);
    let export = Export {
        client,
        state,
        events: 0,
        step: Step::Part(first, head),
    };
    let body = Body::from_stream(stream::try_unfold(export, Export::next));
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, kind)], body).into_response())
}

/// The document up to its events.
fn head(state: &InstanceState) -> String {
    let mut head = Object::new();
    head.string("instanceId", state.instance_id.as_str());
    head.string("executionId", state.execution_id.as_str());
    head.string("name", &state.name);
    head.string("version", &state.version);
    head.string("runtimeStatus", status_name(state.status));
    head.raw("events", "[\n");
    head.unfinished()
}

struct Export {
    client: Arc<dyn Client>,
    state: InstanceState,
    /// How many events were written.
    events: usize,
    step: Step,
}

enum Step {
    /// A part that was read, and what comes before it.
    Part(durable_task::HistoryPart, String),
    /// Where to read on.
    Read(u64),
    /// Everything was read.
    Close,
    Over,
}

impl Export {
    async fn next(mut self) -> Result<Option<(String, Self)>, ClientError> {
        let step = std::mem::replace(&mut self.step, Step::Over);
        let (part, mut text) = match step {
            Step::Part(part, text) => (part, text),
            Step::Read(from) => {
                let id = &self.state.instance_id;
                let execution = Some(&self.state.execution_id);
                let part = self.client.history_part(id, execution, Some(from)).await?;
                (part, String::new())
            }
            Step::Close => {
                self.check_execution().await?;
                return Ok(Some((String::from("\n]}\n"), self)));
            }
            Step::Over => return Ok(None),
        };
        for event in &part.events {
            if self.events > 0 {
                text.push_str(",\n");
            }
            self.events += 1;
            text.push_str(&event_to_json(event).to_string());
        }
        self.step = part.next.map_or(Step::Close, Step::Read);
        Ok(Some((text, self)))
    }

    /// A history that was replaced while it was read is not whole.
    async fn check_execution(&self) -> Result<(), ClientError> {
        let id = &self.state.instance_id;
        let now = self.client.get(id, Fetch::Metadata).await?;
        let is_same = now.is_some_and(|now| now.execution_id == self.state.execution_id);
        if is_same {
            return Ok(());
        }
        let reason = format!("`{id}` has begun another execution while its history was read");
        Err(ClientError::Unavailable { reason })
    }
}
