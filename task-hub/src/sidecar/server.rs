//! Sockets, and what happens to them at the end.

use std::sync::Arc;
use std::time::Duration;

use durable_task::Runtime;
use durable_task::wire::proto::task_hub_sidecar_service_server::TaskHubSidecarServiceServer;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::service::Service;
use super::{Core, SidecarOptions};
use crate::Hub;

/// How many calls may be open at one connection. Each caller that waits for an instance is one; a
/// worker's answers must never wait for those to end.
const CALLS_PER_CONNECTION_MAX: u32 = 10_000;
/// How much of one message may be on its way unread.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
/// The same for all messages of a connection.
const CONNECTION_WINDOW_BYTES: u32 = 8 * 1024 * 1024;
/// How many calls a connection may cancel before the server has looked at them: callers that stop
/// waiting do so in crowds.
const RESETS_PENDING_MAX: usize = 10_000;
/// How long answers may take to reach their callers after the hub has stopped.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long nobody is accepted after that has failed. Without it, a process that may open no more
/// files would try again and again without rest.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a hub is served no more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The socket failed.
    #[error("the server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The hub has failed. What is durable goes on when it is opened again.
    #[error(
        "the hub has failed, and goes on with what is durable when it is opened again: {reason}"
    )]
    Hub {
        /// What went wrong.
        reason: String,
    },
}

/// A hub, served over gRPC to workers and clients in any language. There is no authentication:
/// whoever reaches the port can do everything.
///
/// ```
/// use std::sync::Arc;
/// use durable_task::TokioRuntime;
/// use task_hub::sidecar::{Sidecar, SidecarOptions};
/// use task_hub::{Hub, HubOptions};
/// use tokio::net::TcpListener;
/// use tokio_util::sync::CancellationToken;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = Arc::new(TokioRuntime::current().ok_or("inside of tokio")?);
/// let options = SidecarOptions::default();
/// let hub = HubOptions::memory().limits(options.hub_limits());
/// let hub = Arc::new(Hub::open(hub, runtime.clone()).await?);
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let stop = CancellationToken::new();
/// # stop.cancel();
/// Sidecar::new(hub, runtime, options).serve(listener, stop).await?;
/// # Ok(())
/// # }
/// ```
pub struct Sidecar {
    core: Arc<Core>,
}

impl Sidecar {
    /// A server for a hub that is open.
    pub fn new(hub: Arc<Hub>, runtime: Arc<dyn Runtime>, options: SidecarOptions) -> Self {
        Self {
            core: Arc::new(Core::new(hub, runtime, options)),
        }
    }

    /// Serves until `stop`, or until the hub has ended. At `stop` the hub gives out no more work,
    /// waits for what is out, and closes its store. Then streams end, with `UNAVAILABLE` if the hub
    /// has failed, and connections are closed.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        let Self { core } = self;
        let options = core.options;
        // Without it the answer to each small message waits for the acknowledgement of the last.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let runtime = Arc::clone(&core.runtime);
        let incoming = incoming.then(move |accepted| {
            let pause = accepted.as_ref().err().map(|error| {
                tracing::warn!(%error, "a connection can't be accepted");
                runtime.sleep(ACCEPT_PAUSE)
            });
            async move {
                if let Some(pause) = pause {
                    pause.await;
                }
                accepted
            }
        });
        let service = TaskHubSidecarServiceServer::new(Service(Arc::clone(&core)))
            .max_decoding_message_size(options.message_bytes_max);
        let closing = CancellationToken::new();
        let serving = Server::builder()
            .http2_keepalive_interval(Some(options.keep_alive_every))
            .http2_keepalive_timeout(Some(options.keep_alive_timeout))
            .http2_max_pending_accept_reset_streams(Some(RESETS_PENDING_MAX))
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_concurrent_streams(CALLS_PER_CONNECTION_MAX)
            .add_service(service)
            .serve_with_incoming_shutdown(incoming, closing.clone().cancelled_owned());
        let serving = std::pin::pin!(serving);
        let draining = {
            let core = Arc::clone(&core);
            async move {
                let stopped = std::pin::pin!(stop.cancelled());
                select(stopped, std::pin::pin!(core.hub.until_ended())).await;
                // Answers come in through the server until the hub has stopped.
                core.hub.shutdown(options.drain).await;
                core.ending.cancel();
                closing.cancel();
                core.runtime.sleep(GOODBYE).await;
            }
        };
        match select(serving, std::pin::pin!(draining)).await {
            Either::Left((served, _)) => {
                core.hub.shutdown(options.drain).await;
                served?;
            }
            // Whoever still reads is cut off.
            Either::Right(((), _)) => {}
        }
        core.failure()
            .map_or(Ok(()), |reason| Err(ServeError::Hub { reason }))
    }
}
