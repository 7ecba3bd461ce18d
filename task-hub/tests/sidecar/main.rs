//! The gRPC service, asked by the generated client over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what surrounds the test functions fails as they do"
)]

mod bad_input;
mod chunks;
mod clients;
mod crowds;
mod ends;
mod entities;
mod filters;
mod fixtures;
mod histories;
mod program;
mod support;
mod tokens;
