//! What the crate does as a whole, through its public API. Models are scripted or fake servers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "helpers of tests are tests: they fail by panics, and read best with plain values"
)]

mod durable;
mod model_openai;
mod model_request;
mod model_scripted;
mod workflow_graph;
mod workflow_nodes;
mod workflow_version;
