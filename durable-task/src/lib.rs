#![cfg_attr(feature = "macros", doc = include_str!("docs/first.md"))]
#![doc = include_str!("docs/tutorial.md")]

mod activity;
mod beginners;
mod client;
mod context;
mod entity;
mod episode;
mod error;
mod executor;
mod failure;
#[cfg(feature = "grpc")]
pub mod grpc;
mod id;
mod json;
mod panics;
mod payload;
#[doc(hidden)]
pub mod private;
mod registry;
mod replay;
mod resource;
mod rewind;
mod roaming;
mod runtime;
mod tags;
pub mod testing;
mod timestamp;
mod tokio_runtime;
mod typed_client;
mod version;
pub mod wire;
mod work;
mod worker;

#[cfg(feature = "macros")]
#[doc = include_str!("docs/event.md")]
pub use agent_macros::DurableEvent as Event;
#[cfg(feature = "macros")]
#[doc = include_str!("docs/entity.md")]
pub use agent_macros::durable_entity as entity;
#[cfg(feature = "macros")]
#[doc = include_str!("docs/executor.md")]
pub use agent_macros::durable_executor as executor;
#[cfg(feature = "macros")]
#[doc = include_str!("docs/orchestrator.md")]
pub use agent_macros::durable_orchestrator as orchestrator;

pub use activity::{Activity, ActivityContext, ActivityError};
pub use client::{
    Changes, Client, ClientError, EntitiesCleaned, EntityCleaning, EntityFilter, EntityMetadata,
    Fetch, HistoryPart, InstanceFilter, InstanceState, Page, Purged, StartRequest, Status, WaitFor,
};
pub use context::{
    ActivityCall, ContinueAsNew, Either, EntityCall, Event, EventOrTimeout, EventWait, JoinAll,
    LockGuard, LockRequest, OrchestrationContext, Orchestrator, Race, RetryPolicy, Select, Sleep,
    SubOrchestrationCall,
};
pub use entity::{
    AsyncEntity, Entity, EntityContext, EntitySignals, EntityTarget, EntityType,
    OrchestrationSignals, SignalSender,
};
pub use episode::{CUSTOM_STATUS_UTF16_BYTES_MAX, EntityMessageForm};
pub use error::OrchestrationError;
pub use executor::{Executor, ExecutorError, IntoFailure};
pub use failure::{FAILURE_DEPTH_MAX, FAILURE_TEXT_BYTES_MAX, Failure};
pub use id::{EntityId, ExecutionId, ID_CHARS_MAX, IdError, InstanceId, check_id};
pub use payload::Payload;
#[doc(hidden)]
pub use private as __private;
pub use registry::{Registry, RegistryError, RegistryProblem};
pub use replay::{Divergence, DivergenceKind, Player, ReplayOutcome, ReplayReport, replay};
pub use resource::{MissingResource, ResourceNeed, Resources};
pub use rewind::{Rewind, RewindError, Rewound, rewind};
pub use runtime::{BoxFuture, LocalBoxFuture, Runtime};
pub use tags::{TAGS_UTF8_BYTES_MAX, check_tags};
pub use timestamp::Timestamp;
pub use tokio_runtime::TokioRuntime;
pub use typed_client::{
    ClientSignals, DurableClient, EntityHandle, InstanceHandle, StartCall, WaitError,
};
pub use wire::json::{
    HistoryFormatError, event_to_json, history_from_bytes, history_from_json, history_to_json,
};
pub use work::{
    Accepts, Completer, EntityProfile, Kept, NameAndVersion, WorkAnswer, WorkHandler, WorkItem,
    WorkRequest, WorkerProfile,
};
pub use worker::{Worker, WorkerOptions};

/// The README's program compiles.
#[cfg(all(doctest, feature = "macros"))]
#[doc = include_str!("../README.md")]
struct Readme;
