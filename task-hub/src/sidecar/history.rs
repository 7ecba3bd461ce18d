//! Histories, streamed to clients and to workers.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use durable_task::wire::proto::{HistoryChunk, HistoryEvent, StreamInstanceHistoryRequest};
use durable_task::{ClientError, ExecutionId, Fetch, HistoryPart, InstanceId};
use futures_util::stream::{BoxStream, StreamExt as _, try_unfold};
use futures_util::{Stream, stream};
use prost::Message as _;
use tonic::{Code, Status};

use super::convert::text;
use super::status::{refused, status};
use super::table::Kind;
use super::{Core, known};

/// A chunk is closed when it has so many bytes; one that has a single event may have more.
const CHUNK_BYTES: usize = 256 * 1024;

/// A history in chunks.
pub(super) type Chunks = BoxStream<'static, Result<HistoryChunk, Status>>;

impl Core {
    /// Begins to stream a history: the one that belongs to a work item, or what is recorded.
    pub(super) async fn stream_history(
        self: Arc<Self>,
        request: StreamInstanceHistoryRequest,
    ) -> Result<Chunks, Status> {
        let instance = known(&request.instance_id)?;
        let execution = text(request.execution_id);
        if request.for_work_item_processing {
            let out = self.table.history(instance.as_str(), execution.as_deref());
            let (token, events) = out.ok_or_else(|| {
                let text = "is out whose history is streamed";
                let text = format!("no work item of instance `{instance}` {text}");
                refused(Code::NotFound, text)
            })?;
            return Ok(WorkHistory::new(self, token, &events).boxed());
        }
        let found = self.client.get(&instance, Fetch::Metadata).await;
        let found = found.map_err(status)?;
        let Some(found) = found else {
            return Err(status(ClientError::NotFound { instance }));
        };
        // One execution from begin to end, also if another one begins meanwhile.
        let execution = execution.map_or(found.execution_id, ExecutionId::new);
        Ok(recorded(self, instance, execution))
    }

    /// A chunk, if it fits into a message.
    fn checked(&self, chunk: HistoryChunk) -> Result<HistoryChunk, Status> {
        let (bytes, max) = (chunk.encoded_len(), self.options.message_bytes_max);
        if bytes > max {
            return Err(Status::resource_exhausted(format!(
                "an event has {bytes} bytes; a message has at most {max} here"
            )));
        }
        Ok(chunk)
    }
}

/// The recorded history, a part at a time.
fn recorded(core: Arc<Core>, instance: InstanceId, execution: ExecutionId) -> Chunks {
    let parts = try_unfold(Some(None), move |from: Option<Option<u64>>| {
        let (core, instance) = (Arc::clone(&core), instance.clone());
        let execution = execution.clone();
        async move {
            let Some(from) = from else { return Ok(None) };
            let part = core.client.history_part(&instance, Some(&execution), from);
            let HistoryPart { events, next, .. } = part.await.map_err(status)?;
            let chunks: Vec<_> = in_chunks(events)
                .into_iter()
                .map(|chunk| core.checked(chunk))
                .collect();
            Ok(Some((stream::iter(chunks), next.map(Some))))
        }
    });
    parts
        .flat_map(|part: Result<_, Status>| match part {
            Ok(chunks) => chunks.boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        })
        .boxed()
}

/// Events in chunks of about [`CHUNK_BYTES`].
fn in_chunks(events: impl IntoIterator<Item = HistoryEvent>) -> VecDeque<HistoryChunk> {
    let (mut chunks, mut open, mut bytes) = (VecDeque::new(), Vec::new(), 0);
    for event in events {
        let size = event.encoded_len();
        if !open.is_empty() && bytes + size > CHUNK_BYTES {
            let events = std::mem::take(&mut open);
            chunks.push_back(HistoryChunk { events });
            bytes = 0;
        }
        bytes += size;
        open.push(event);
    }
    if !open.is_empty() {
        chunks.push_back(HistoryChunk { events: open });
    }
    chunks
}

/// The past events of a work item. If they don't get to their end, the token is void: the worker
/// would answer the item by failing it. (What a connection has on its way counts as read; when the
/// connection itself breaks, the stream of work items ends with it.)
struct WorkHistory {
    core: Arc<Core>,
    token: String,
    chunks: VecDeque<HistoryChunk>,
    read: bool,
}

impl WorkHistory {
    fn new(core: Arc<Core>, token: String, events: &[HistoryEvent]) -> Self {
        Self {
            core,
            token,
            chunks: in_chunks(events.iter().cloned()),
            read: false,
        }
    }
}

impl Stream for WorkHistory {
    type Item = Result<HistoryChunk, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.chunks.pop_front();
        let next = next.map(|chunk| self.core.checked(chunk));
        // An error ends the stream, and with it the token.
        self.read = next.is_none();
        Poll::Ready(next)
    }
}

impl Drop for WorkHistory {
    fn drop(&mut self) {
        if !self.read {
            tracing::warn!("a history was not read to its end; its work item is given out again");
            drop(self.core.table.take(&self.token, Kind::Orchestrator));
        }
    }
}

#[cfg(test)]
mod tests {
    use durable_task::wire::proto::EventRaisedEvent;
    use durable_task::wire::proto::history_event::EventType;

    use super::*;

    #[test]
    fn events_are_cut_into_chunks_in_their_order() {
        let event = |(id, bytes): (i32, usize)| HistoryEvent {
            event_id: id,
            event_type: Some(EventType::EventRaised(EventRaisedEvent {
                name: String::new(),
                input: Some("x".repeat(bytes)),
            })),
            ..HistoryEvent::default()
        };
        let sizes = [10, 10, CHUNK_BYTES * 3, 10, CHUNK_BYTES - 40, 10];
        let events = (0..).zip(sizes).map(event);
        let chunks = in_chunks(events);
        let ids: Vec<Vec<i32>> = chunks
            .iter()
            .map(|chunk| chunk.events.iter().map(|event| event.event_id).collect())
            .collect();
        assert_eq!(ids, [vec![0, 1], vec![2], vec![3, 4], vec![5]]);
        assert!(in_chunks([]).is_empty());
    }
}
