//! The routes of an app on a hub in memory, driven without a socket.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod auth;
mod bad_input;
mod chat;
mod durable_entities;
mod durable_functions;
mod durable_instances;
mod durable_recorded;
#[cfg(feature = "grpc")]
mod grpc;
mod idempotency;
mod info;
mod late;
mod legacy;
mod model;
mod restart;
mod run;
mod sessions;
mod support;
mod workflows_by_hand;
mod workflows_dotnet;
mod workflows_events;
mod workflows_graph;
mod workflows_logs;
mod workflows_requests;
mod workflows_run;
mod workflows_suspended;
