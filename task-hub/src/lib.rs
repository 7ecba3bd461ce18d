//! A durable execution engine in a library.

pub mod conformance;
mod dispatch;
pub mod engine;
mod hub;
pub mod store;

pub use dispatch::{HubHealth, HubLimits, HubStats};
pub use hub::{AttachError, Durability, Hub, HubOptions, OpenError, Purged};
