//! A service as a hub: a client of it, and the worker that it gives work to.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::{Client, WorkHandler};

use super::client::GrpcClient;
use super::connection::Connection;
use super::stream::Stream;
use super::{GrpcError, GrpcOptions};

/// No more items are worked on at once, whatever the worker says.
const PLACES_MAX: u32 = 1_000_000;

/// How a worker's stream of work stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrpcHealth {
    /// No worker is attached, or its first connection is being opened.
    Connecting,
    /// Work can come.
    Connected,
    /// The connection was lost, or could not be opened; it is tried again for ever.
    Reconnecting {
        /// What went wrong.
        reason: String,
        /// How often in a row.
        failures: u32,
    },
    /// It has been shut down.
    Stopped,
}

/// A service that speaks the Durable Task gRPC protocol, as the hub of this process.
pub struct GrpcHub {
    connection: Connection,
    is_attached: AtomicBool,
    health: Arc<watch::Sender<GrpcHealth>>,
    ending: Ending,
}

/// How a stream of work ends.
#[derive(Clone, Default)]
pub(super) struct Ending {
    /// New work is given back.
    pub(super) draining: CancellationToken,
    /// Work that runs is not wanted any more.
    pub(super) cancelled: CancellationToken,
    /// The stream is closed.
    pub(super) closed: CancellationToken,
}

impl GrpcHub {
    /// Prepares the connection. It is opened when it is used, and again whenever it is lost: a
    /// service that is not there yet is no error. Call it inside a tokio runtime.
    pub fn connect(options: GrpcOptions) -> Result<Self, GrpcError> {
        Ok(Self {
            connection: Connection::new(options)?,
            is_attached: AtomicBool::new(false),
            health: Arc::new(watch::Sender::new(GrpcHealth::Connecting)),
            ending: Ending::default(),
        })
    }

    /// A client of the service.
    pub fn client(&self) -> Arc<dyn Client> {
        Arc::new(GrpcClient::new(self.connection.clone()))
    }

    /// Takes work for a worker from now on, until [`shutdown`](Self::shutdown): connects, and
    /// connects again after a pause when that fails.
    pub fn attach(&self, worker: Arc<dyn WorkHandler>) -> Result<(), GrpcError> {
        if self.is_attached.swap(true, Ordering::SeqCst) {
            return Err(GrpcError::AlreadyAttached);
        }
        let profile = worker.profile();
        let places = [
            profile.orchestrations_max,
            profile.activities_max,
            profile.entities_max,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
        .clamp(1, PLACES_MAX as usize);
        let stream = Stream {
            connection: self.connection.clone(),
            worker,
            profile,
            places: Arc::new(Semaphore::new(places)),
            places_max: u32::try_from(places).unwrap_or(PLACES_MAX),
            health: Arc::clone(&self.health),
            ending: self.ending.clone(),
            handle: tokio::runtime::Handle::current(),
        };
        tokio::spawn(stream.run());
        Ok(())
    }

    /// How the worker's stream of work stands.
    pub fn health(&self) -> GrpcHealth {
        self.health.borrow().clone()
    }

    /// Ends when work can come.
    pub async fn connected(&self) {
        let mut health = self.health.subscribe();
        // The sender lives as long as `self`.
        let _ = health.wait_for(|now| *now == GrpcHealth::Connected).await;
    }

    /// Gives new work back, lets what runs end and be answered until the deadline, cancels what
    /// still runs, and closes the stream of work. What did not end is handed out again. The client
    /// works on.
    pub async fn shutdown(&self, deadline: Duration) {
        self.ending.draining.cancel();
        if !self.is_attached.load(Ordering::SeqCst) {
            return;
        }
        let mut health = self.health.subscribe();
        let stopped = health.wait_for(|now| *now == GrpcHealth::Stopped);
        if tokio::time::timeout(deadline, stopped).await.is_err() {
            self.ending.cancelled.cancel();
            self.ending.closed.cancel();
        }
    }
}

impl Drop for GrpcHub {
    fn drop(&mut self) {
        self.ending.draining.cancel();
        self.ending.cancelled.cancel();
        self.ending.closed.cancel();
    }
}

impl fmt::Debug for GrpcHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcHub")
            .field("options", self.connection.options())
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
