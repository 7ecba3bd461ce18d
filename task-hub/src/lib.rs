#![doc = include_str!("docs/tutorial.md")]

#[macro_use]
mod bugs;
pub mod conformance;
mod dispatch;
mod engine;
mod hub;
#[cfg(feature = "sidecar")]
pub mod sidecar;
#[cfg(feature = "simulation")]
#[doc(hidden)]
pub mod simulation;
pub mod store;

pub use dispatch::{
    Concurrency, HubHealth, HubLimits, HubStats, Parked, ParkedReason, RetentionPolicy, WorkKind,
};
pub use engine::EngineLimits;
pub use hub::{AttachError, Attachment, Durability, Hub, HubOptions, OpenError};

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
