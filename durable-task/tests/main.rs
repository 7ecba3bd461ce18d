//! The crate as its users see it: a worker that is handed work items, histories of other SDKs, the
//! test tools. One binary, a module per theme.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod activities;
mod async_entities;
mod beginning;
mod entities;
mod episodes;
#[cfg(all(feature = "grpc", feature = "grpc-server"))]
mod grpc;
mod hosting;
mod recorded_episodes;
mod registering;
mod rewinding;
mod runtimes;
mod shutdown;
mod support;
mod version_records;
mod warm_sessions;
