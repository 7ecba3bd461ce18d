//! The listener: connections, their limits, and their end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::options::CONNECTIONS_MAX;

/// The largest head of a request.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The pause after an accept that failed, for example because no file descriptor is left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How long answers may take to be written once callers no longer wait.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// When and how a server ends.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    /// Cancelled when no further connection is to be accepted.
    pub(crate) stop: CancellationToken,
    /// Cancelled here when callers must not wait any longer.
    pub(crate) closing: CancellationToken,
    /// How long running requests may take from `stop` on.
    pub(crate) deadline: Duration,
}

/// Opens the port: on loopback only, or on all interfaces.
pub(crate) async fn listen(port: u16, all_interfaces: bool) -> std::io::Result<TcpListener> {
    let ip = if all_interfaces {
        Ipv4Addr::UNSPECIFIED
    } else {
        Ipv4Addr::LOCALHOST
    };
    TcpListener::bind(SocketAddr::from((ip, port))).await
}

/// Serves until it is told to stop; then lets running requests end. Returns what is left of the
/// deadline.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    head_timeout: Duration,
    ending: &Ending,
) -> Duration {
    let connections = TaskTracker::new();
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            biased;
            () = ending.stop.cancelled() => break,
            accepted = accept(&listener, &free) => accepted,
        };
        if let Some((stream, permit)) = accepted {
            let (router, stop) = (router.clone(), ending.stop.clone());
            connections.spawn(async move {
                connection(stream, router, head_timeout, stop).await;
                drop(permit);
            });
        }
    }
    let stopped_at = Instant::now();
    drop(listener);
    connections.close();
    if tokio::time::timeout(ending.deadline, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!("requests still run; their callers are told where to fetch the answers");
        ending.closing.cancel();
        if tokio::time::timeout(LAST_ANSWERS, connections.wait())
            .await
            .is_err()
        {
            tracing::warn!("some connections did not end and are cut");
        }
    }
    ending.deadline.saturating_sub(stopped_at.elapsed())
}

/// Serves one connection until it ends, or until the request that runs when the server stops has
/// its answer.
async fn connection(
    stream: TcpStream,
    router: Router,
    head_timeout: Duration,
    stop: CancellationToken,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // A client may end its side once the request is whole, and still wants the answer.
        .half_close(true)
        .header_read_timeout(head_timeout)
        .max_header_size(HEAD_BYTES_MAX);
    let is_used = AtomicBool::new(false);
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request| {
        is_used.store(true, Ordering::Relaxed);
        router.call(request)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let stopped = tokio::select! {
        biased;
        result = connection.as_mut() => Err(result),
        () = stop.cancelled() => Ok(()),
    };
    let result = match stopped {
        Err(result) => result,
        // Without a request there is nothing to wait for, and the protocol has no word for it.
        Ok(()) if !is_used.load(Ordering::Relaxed) => return,
        Ok(()) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(free).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are small and whole: waiting to fill a packet only delays them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection has no TCP_NODELAY");
            }
            Some((stream, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_AGAIN).await;
            None
        }
    }
}

/// Ends when the process is asked to end; a second signal ends it at once.
pub(crate) async fn signalled() {
    first_signal().await;
    tokio::spawn(async {
        first_signal().await;
        tracing::warn!("a second signal: ending at once");
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn first_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let terminate = signal(SignalKind::terminate());
    let interrupt = signal(SignalKind::interrupt());
    let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) else {
        tracing::warn!("signals can't be watched: only a kill ends this process");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn first_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        tracing::warn!("signals can't be watched: only a kill ends this process");
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests;
