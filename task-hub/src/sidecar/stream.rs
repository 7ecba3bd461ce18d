//! A stream of work items.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{GetWorkItemsRequest, HealthPing, WorkItem, WorkerCapability};
use durable_task::{BoxFuture, WorkHandler, WorkerProfile};
use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Code, Status};

use super::Core;
use super::items::{Outgoing, Takes};
use super::profile::profile;
use super::status::refused;
use super::table::{Out, StreamId};
use super::unread::{self, Unread};
use crate::Attachment;

/// The worker at the other end, as the hub sees it.
struct RemoteWorker {
    profile: WorkerProfile,
    /// Holds at most as many items as the profile allows to be out.
    items: mpsc::UnboundedSender<(durable_task::WorkItem, usize)>,
    unread: Arc<Unread>,
}

impl WorkHandler for RemoteWorker {
    fn profile(&self) -> WorkerProfile {
        self.profile.clone()
    }

    fn dispatch(&self, item: durable_task::WorkItem) {
        let bytes = unread::bytes(&item);
        self.unread.add(bytes);
        // After the end of the stream the item is dropped here, which gives it back.
        if self.items.send((item, bytes)).is_err() {
            self.unread.remove(bytes);
        }
    }

    fn has_room(&self) -> bool {
        self.unread.has_room()
    }
}

/// Work items for one worker, and pings. When it is dropped, all items that are out return to the
/// queue.
pub(super) struct WorkItems {
    core: Arc<Core>,
    id: StreamId,
    takes: Takes,
    attached: Attachment,
    items: mpsc::UnboundedReceiver<(durable_task::WorkItem, usize)>,
    unread: Arc<Unread>,
    ping: BoxFuture<'static, ()>,
    ending: Pin<Box<WaitForCancellationFutureOwned>>,
    has_ended: bool,
}

/// How a stream ends whose hub has failed.
fn gone(reason: &str) -> Status {
    refused(Code::Unavailable, format!("the hub has failed: {reason}"))
}

impl WorkItems {
    /// Begins a stream: from now on its worker is given work.
    pub(super) fn begin(
        core: &Arc<Core>,
        request: &GetWorkItemsRequest,
        peer: Option<SocketAddr>,
    ) -> Result<Self, Status> {
        let options = &core.options;
        let profile = profile(request, options)?;
        let streams = request
            .capabilities()
            .any(|capability| capability == WorkerCapability::HistoryStreaming);
        let (sender, items) = mpsc::unbounded_channel();
        let unread = Arc::new(Unread::new(&core.unread));
        let worker = RemoteWorker {
            profile,
            items: sender,
            unread: Arc::clone(&unread),
        };
        let id = core.table.open(peer, streams);
        let attached = core.hub.attach(Arc::new(worker)).map_err(|error| {
            core.table.close(id);
            Status::unavailable(error.to_string())
        })?;
        tracing::info!(stream = ?id, ?peer, streams = core.table.streams(), "a worker is here");
        Ok(Self {
            id,
            takes: Takes {
                form: options.entity_form,
                streams,
                any_streams: streams,
                stream_above_bytes: options.stream_above_bytes,
                message_bytes_max: options.message_bytes_max,
            },
            attached,
            items,
            unread,
            ping: core.runtime.sleep(options.ping_every),
            ending: Box::pin(core.ending.clone().cancelled_owned()),
            has_ended: false,
            core: Arc::clone(core),
        })
    }

    /// The item as it is written; `None` if it was answered here or is not wanted any more.
    fn write(&mut self, item: durable_task::WorkItem) -> Option<WorkItem> {
        if item.cancelled.is_cancelled() {
            return None;
        }
        self.takes.any_streams = self.core.table.any_takes_streams();
        match self.takes.write(item.request, self.core.runtime.now()) {
            Outgoing::Answer(answer) => {
                tracing::warn!(stream = ?self.id, ?answer, "a work item was not sent");
                item.completer.complete(*answer);
                None
            }
            Outgoing::Write(mut written, kind) => {
                let token = self.core.random_id();
                written.completion_token.clone_from(&token);
                let completer = item.completer;
                let out = Out { completer, kind };
                self.core.table.insert(token, self.id, out);
                Some(*written)
            }
        }
    }
}

impl Stream for WorkItems {
    type Item = Result<WorkItem, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        if self.ending.as_mut().poll(context).is_ready() {
            self.has_ended = true;
            let failure = self.core.failure();
            return Poll::Ready(failure.map(|reason| Err(gone(&reason))));
        }
        while let Poll::Ready(item) = self.items.poll_recv(context) {
            let Some((item, bytes)) = item else {
                // The hub has let go of the worker.
                return Poll::Ready(None);
            };
            if self.unread.remove(bytes) {
                self.attached.has_room();
            }
            if let Some(written) = self.write(item) {
                return Poll::Ready(Some(Ok(written)));
            }
        }
        if self.ping.as_mut().poll(context).is_ready() {
            let every = self.core.options.ping_every;
            self.ping = self.core.runtime.sleep(every);
            // The new timer has to know whom to wake.
            context.waker().wake_by_ref();
            return Poll::Ready(Some(Ok(WorkItem {
                completion_token: String::new(),
                request: Some(Request::HealthPing(HealthPing {})),
            })));
        }
        Poll::Pending
    }
}

impl Drop for WorkItems {
    fn drop(&mut self) {
        // First the hub forgets the worker, then what it had comes back.
        self.attached.detach();
        let out = self.core.table.close(self.id);
        tracing::info!(stream = ?self.id, items = out.len(), "a worker is gone");
    }
}
