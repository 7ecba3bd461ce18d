//! Our worker and our client, on some engine.

use std::sync::Arc;
use std::time::Duration;

use durable_task::grpc::{GrpcHub, GrpcOptions};
use durable_task::{Client, Registry, Runtime, TokioRuntime, Worker, WorkerOptions};

/// How long a connection to a program that has opened its port may take.
const CONNECT_TIMEOUT: Duration = Duration::from_mins(1);

pub fn runtime() -> Arc<dyn Runtime> {
    Arc::new(TokioRuntime::new(tokio::runtime::Handle::current()))
}

pub fn worker(versions: &[&str]) -> Arc<Worker> {
    let registry = script_twin::registry(versions).unwrap();
    Worker::start(registry, WorkerOptions::default(), runtime())
}

/// Connects without a worker.
pub fn connect(address: &str) -> GrpcHub {
    GrpcHub::connect(GrpcOptions::new(address)).unwrap()
}

/// Our worker on a gRPC service.
pub struct Twin {
    hub: GrpcHub,
    worker: Arc<Worker>,
}

impl Twin {
    /// With code for the empty version and these.
    pub async fn start(options: GrpcOptions, versions: &[&str]) -> Self {
        Self::with(options, script_twin::registry(versions).unwrap()).await
    }

    /// With any code.
    pub async fn with(options: GrpcOptions, registry: Registry) -> Self {
        let hub = GrpcHub::connect(options).unwrap();
        let worker = Worker::start(registry, WorkerOptions::default(), runtime());
        hub.attach(Arc::clone(&worker) as _).unwrap();
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, hub.connected()).await;
        assert!(connected.is_ok(), "{:?}", hub.health());
        Self { hub, worker }
    }

    pub fn client(&self) -> Arc<dyn Client> {
        self.hub.client()
    }

    pub async fn end(self) {
        self.hub.shutdown(Duration::from_secs(10)).await;
        self.worker.drain(Duration::ZERO).await;
    }
}
