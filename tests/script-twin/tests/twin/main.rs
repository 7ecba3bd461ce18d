//! Scripts on engines of other people and on our own: our worker gives what the worker of the .NET
//! SDK gives on the same engine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod cases;
mod embedded;
mod in_memory;
mod manage;
mod ours;
mod outcome;
mod processes;
mod python;
mod storage;
mod twin;
