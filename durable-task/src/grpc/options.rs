//! Where the service is, and what holds between it and us.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{SchedulerConnection, TokenSource};

/// The largest message that is taken, unless said otherwise.
const RECEIVE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The largest message that every gRPC server takes unless it is told otherwise.
const SEND_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where a service is, and what holds between it and us.
#[derive(Clone)]
pub struct GrpcOptions {
    /// `http://host:port` or `https://host:port`.
    pub endpoint: String,
    /// The task hub, for services that have several.
    pub task_hub: Option<String>,
    /// Who this worker is, for people who look at the service. Default: a random id.
    pub worker_id: String,
    /// Gives tokens to show to the service. Default: none. Tokens go over `https`, or to this
    /// machine.
    pub tokens: Option<Arc<dyn TokenSource>>,
    /// The largest message that is taken, in bytes. Default: 64 MiB.
    pub receive_bytes_max: usize,
    /// The largest message that the service takes, in bytes. Answers of orchestrations above it
    /// are sent in parts. Default: 4 MiB, as most services.
    pub send_bytes_max: usize,
    /// How long the service may take to answer a call that does not wait. Default: 30 s.
    pub call_timeout: Duration,
    /// A stream of work that is silent for so long is given up and opened again: services send
    /// pings. Default: 120 s.
    pub silence_max: Duration,
    /// How often an open connection is probed. Default: 60 s.
    pub keep_alive: Duration,
    /// Whether the service is told what the worker has code for, so that it gets nothing else.
    /// Default: yes.
    pub filters: bool,
}

impl GrpcOptions {
    /// A service at `http://host:port` or `https://host:port`, without authentication.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            task_hub: None,
            worker_id: uuid::Uuid::new_v4().simple().to_string(),
            tokens: None,
            receive_bytes_max: RECEIVE_BYTES_MAX,
            send_bytes_max: SEND_BYTES_MAX,
            call_timeout: Duration::from_secs(30),
            silence_max: Duration::from_mins(2),
            keep_alive: Duration::from_mins(1),
            filters: true,
        }
    }

    /// The service of a connection string. Where that asks for authentication, set
    /// [`tokens`](Self::tokens).
    pub fn scheduler(connection: &SchedulerConnection) -> Self {
        Self {
            task_hub: Some(connection.task_hub.clone()),
            ..Self::new(&connection.endpoint)
        }
    }
}

impl fmt::Debug for GrpcOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcOptions")
            .field("endpoint", &self.endpoint)
            .field("task_hub", &self.task_hub)
            .field("worker_id", &self.worker_id)
            .field("has_tokens", &self.tokens.is_some())
            .finish_non_exhaustive()
    }
}
