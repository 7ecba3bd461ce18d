//! The Durable Task programming model for Rust.

mod client;
mod failure;
mod id;
mod runtime;
mod timestamp;
pub mod wire;
mod work;

pub use client::{
    Client, ClientError, EntityMetadata, Fetch, InstanceFilter, InstanceState, Page, StartRequest,
    Status, WaitFor,
};
pub use failure::Failure;
pub use id::{EntityId, ExecutionId, ID_CHARS_MAX, IdError, InstanceId, check_id};
pub use runtime::{BoxFuture, LocalBoxFuture, Runtime};
pub use timestamp::Timestamp;
pub use work::{
    Completer, EntityProfile, NameAndVersion, WorkAnswer, WorkHandler, WorkItem, WorkRequest,
    WorkerProfile,
};
