//! A worker and a client of any service that speaks the Durable Task gRPC protocol: Durable Task
//! Scheduler, a sidecar, or the `task-hub` program.
//!
//! ```no_run
//! use std::sync::Arc;
//! use durable_task::grpc::{GrpcHub, GrpcOptions};
//! use durable_task::{Registry, TokioRuntime, Worker, WorkerOptions};
//!
//! # async fn run(registry: Registry) -> Result<(), Box<dyn std::error::Error>> {
//! let hub = GrpcHub::connect(GrpcOptions::new("http://127.0.0.1:4001"))?;
//! let runtime = Arc::new(TokioRuntime::new(tokio::runtime::Handle::current()));
//! hub.attach(Worker::start(registry, WorkerOptions::default(), runtime))?;
//! let client = hub.client();
//! # Ok(())
//! # }
//! ```

mod answer;
mod backoff;
mod client;
mod connection;
mod connection_string;
mod deliver;
#[cfg(feature = "entra")]
mod entra;
mod error;
mod history;
mod hub;
mod options;
mod query;
mod stream;
mod token;
mod work_item;

pub use connection_string::{Authentication, ConnectionStringError, SchedulerConnection};
#[cfg(feature = "entra")]
pub use entra::EntraTokens;
pub use error::GrpcError;
pub use hub::{GrpcHealth, GrpcHub};
pub use options::GrpcOptions;
pub use token::{AccessToken, TokenError, TokenSource};
