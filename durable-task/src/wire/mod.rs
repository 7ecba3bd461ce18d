//! The messages of the Durable Task protocol, and conversions between them and our own types.
//!
//! `generated.rs` is compiled from `durable_task.proto` by `cargo xtask proto`; a test compiles it
//! again and compares.

mod convert;
#[rustfmt::skip]
#[allow(missing_docs, clippy::all, clippy::pedantic, unused_qualifications)]
mod generated;
pub(crate) mod json;

/// The generated protocol types, named as the protocol names them.
pub mod proto {
    pub use super::generated::*;
}
