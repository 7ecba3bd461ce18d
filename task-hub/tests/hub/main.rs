//! The hub and its stores, from outside.

// Without files some helpers have no user.
#![cfg_attr(not(feature = "sqlite"), allow(dead_code, unused_imports))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what surrounds the test functions fails as they do"
)]

mod async_entities;
mod broken_store;
mod chaos;
#[cfg(feature = "sqlite")]
mod commits;
mod conformance;
mod control;
#[cfg(feature = "sqlite")]
mod damage;
mod draining;
mod effects;
#[cfg(feature = "sqlite")]
mod files;
mod flow;
mod lifecycle;
mod management;
mod real_worker;
mod recovery;
mod review;
mod review2;
mod rewinding;
#[cfg(feature = "sqlite")]
mod sqlite_crash;
#[cfg(feature = "sqlite")]
mod sqlite_file;
#[cfg(feature = "sqlite")]
mod sqlite_lock;
#[cfg(feature = "sqlite")]
mod sqlite_support;
mod support;
mod sweeping;
mod workers;
