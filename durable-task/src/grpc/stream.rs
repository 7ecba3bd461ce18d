//! The stream of work: opened for ever, read, and handed to the worker.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::Streaming;

use crate::wire::proto::work_item::Request;
use crate::wire::proto::{OrchestratorRequest, WorkItem as Message};
use crate::{Completer, WorkAnswer, WorkHandler, WorkItem, WorkRequest, WorkerProfile};

use super::GrpcHealth;
use super::backoff::random_delay;
use super::connection::{Connection, Role};
use super::deliver::{Answering, Kind};
use super::error::CallError;
use super::history;
use super::hub::Ending;
use super::work_item;

/// How long the service may take to open the stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// A worker's stream of work.
pub(super) struct Stream {
    pub(super) connection: Connection,
    pub(super) worker: Arc<dyn WorkHandler>,
    pub(super) profile: WorkerProfile,
    /// One for each item that may be worked on: a service that sends more has to wait.
    pub(super) places: Arc<Semaphore>,
    pub(super) places_max: u32,
    pub(super) health: Arc<watch::Sender<GrpcHealth>>,
    pub(super) ending: Ending,
    pub(super) handle: Handle,
}

/// Why a stream ended, and whether anything came over it.
struct Ended {
    reason: String,
    was_used: bool,
}

impl Stream {
    /// Takes work until the end.
    pub(super) async fn run(self) {
        let mut failures = 0;
        while !self.ending.draining.is_cancelled() {
            let ended = tokio::select! {
                biased;
                () = self.ending.closed.cancelled() => break,
                ended = self.once() => ended,
            };
            let Some(Ended { reason, was_used }) = ended else {
                break;
            };
            failures = if was_used { 1 } else { failures + 1 };
            let wait = random_delay(failures);
            let endpoint = &self.connection.options().endpoint;
            tracing::warn!(
                endpoint,
                reason,
                failures,
                ?wait,
                "no stream of work; trying again"
            );
            self.health
                .send_replace(GrpcHealth::Reconnecting { reason, failures });
            tokio::select! {
                biased;
                () = self.ending.draining.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.answered().await;
        self.health.send_replace(GrpcHealth::Stopped);
    }

    /// Ends when every item has been answered, or must not be any more.
    async fn answered(&self) {
        tokio::select! {
            biased;
            () = self.ending.closed.cancelled() => {}
            _ = self.places.acquire_many(self.places_max) => {}
        }
    }

    /// Opens the stream and works on what comes over it. `None` at an end that was asked for.
    async fn once(&self) -> Option<Ended> {
        let opened = tokio::select! {
            biased;
            () = self.ending.draining.cancelled() => return None,
            opened = self.open() => opened,
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) => {
                return Some(Ended {
                    reason: error.to_string(),
                    was_used: false,
                });
            }
        };
        let mut was_used = false;
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
            let next = tokio::select! {
                biased;
                // The stream stays open until all is answered: its end would give the items back.
                () = self.drained(), if self.ending.draining.is_cancelled() => return None,
                () = self.ending.draining.cancelled(),
                    if !self.ending.draining.is_cancelled() => continue,
                next = self.next(&mut stream) => next,
            };
            match next {
                Ok(message) => {
                    was_used = true;
                    self.take(message, place);
                }
                Err(reason) => return Some(Ended { reason, was_used }),
            }
        }
    }

    /// Ends when no item but the one to come has a place.
    async fn drained(&self) {
        let _ = self.places.acquire_many(self.places_max - 1).await;
    }

    async fn open(&self) -> Result<Streaming<Message>, CallError> {
        let connection = &self.connection;
        let how = (Role::Worker, OPEN_TIMEOUT);
        let mut service = connection.work();
        connection
            .call(
                how,
                (),
                |request| async move { service.hello(request).await },
            )
            .await?;
        let options = connection.options();
        self.health.send_replace(GrpcHealth::Connected);
        tracing::info!(endpoint = options.endpoint, "connected");
        let ask = work_item::ask(&self.profile, &options.worker_id, options.filters);
        let request = connection.request(Role::Worker, ask).await?;
        let mut service = connection.work();
        // Some servers answer only with the first item.
        let opened = service.get_work_items(request);
        let silence_max = options.silence_max;
        let opened = tokio::time::timeout(silence_max, opened).await;
        let opened = opened.map_err(|_| CallError::TimedOut(silence_max))?;
        Ok(connection.accepted(opened).await?.into_inner())
    }

    async fn next(&self, stream: &mut Streaming<Message>) -> Result<Message, String> {
        let silence_max = self.connection.options().silence_max;
        match tokio::time::timeout(silence_max, stream.message()).await {
            Ok(Ok(Some(message))) => Ok(message),
            Ok(Ok(None)) => Err(String::from("the service ended the stream")),
            Ok(Err(status)) => Err(CallError::from(status).to_string()),
            Err(_) => Err(format!(
                "the service was silent for {silence_max:?} (`silence_max`)"
            )),
        }
    }

    /// Hands one item to the worker.
    fn take(&self, message: Message, place: OwnedSemaphorePermit) {
        let token = message.completion_token;
        let (request, instance, kind) = match message.request {
            Some(Request::OrchestratorRequest(request)) => {
                if request.requires_history_streaming {
                    return self.take_with_history(request, token, place);
                }
                let instance = request.instance_id.clone();
                let warm = false;
                let request = WorkRequest::Orchestrator { request, warm };
                (request, instance, Kind::Orchestrator)
            }
            Some(Request::ActivityRequest(request)) => {
                let of = request.orchestration_instance.as_ref();
                let instance = of.map(|of| of.instance_id.clone()).unwrap_or_default();
                (WorkRequest::Activity(request), instance, Kind::Activity)
            }
            Some(Request::EntityRequest(request)) => {
                let instance = request.instance_id.clone();
                let callers = vec![None; request.operations.len()];
                let (infos, state) = (Vec::new(), request.entity_state.clone());
                let request = WorkRequest::Entity { request, callers };
                (request, instance, Kind::Entity { infos, state })
            }
            Some(Request::EntityRequestV2(request)) => {
                let (request, infos) = work_item::batch(request);
                let instance = request.instance_id.clone();
                let callers = infos.iter().map(|info| info.response_destination.clone());
                let callers = callers.collect();
                let state = request.entity_state.clone();
                let request = WorkRequest::Entity { request, callers };
                (request, instance, Kind::Entity { infos, state })
            }
            Some(Request::HealthPing(_)) => return,
            None => {
                tracing::warn!("the service sent work of a kind that is not known here");
                return;
            }
        };
        let answering = Answering {
            connection: self.connection.clone(),
            instance,
            token,
            kind,
            _place: place,
        };
        let handing = self.handing();
        handing.dispatch(request, answering);
    }

    /// The past of an orchestration comes in a stream of its own.
    fn take_with_history(
        &self,
        mut request: OrchestratorRequest,
        token: String,
        place: OwnedSemaphorePermit,
    ) {
        let answering = Answering {
            connection: self.connection.clone(),
            instance: request.instance_id.clone(),
            token,
            kind: Kind::Orchestrator,
            _place: place,
        };
        let handing = self.handing();
        self.handle.spawn(async move {
            match history::of_work_item(&answering.connection, &request).await {
                Ok(past) => {
                    request.past_events = past;
                    let warm = false;
                    let request = WorkRequest::Orchestrator { request, warm };
                    handing.dispatch(request, answering);
                }
                Err(error) => {
                    let reason = format!("its history did not come: {error}");
                    answering.deliver(WorkAnswer::Abandoned { reason }).await;
                }
            }
        });
    }

    fn handing(&self) -> Handing {
        Handing {
            worker: Arc::clone(&self.worker),
            ending: self.ending.clone(),
            handle: self.handle.clone(),
        }
    }
}

/// What it takes to hand an item to the worker.
struct Handing {
    worker: Arc<dyn WorkHandler>,
    ending: Ending,
    handle: Handle,
}

impl Handing {
    fn dispatch(self, request: WorkRequest, answering: Answering) {
        let handle = self.handle;
        // The worker answers from threads of its own.
        let completer = Completer::new(move |answer| {
            handle.spawn(answering.deliver(answer));
        });
        if self.ending.draining.is_cancelled() {
            let reason = String::from("the worker is shutting down");
            completer.complete(WorkAnswer::Abandoned { reason });
            return;
        }
        self.worker.dispatch(WorkItem {
            request,
            completer,
            cancelled: self.ending.cancelled.child_token(),
        });
    }
}
