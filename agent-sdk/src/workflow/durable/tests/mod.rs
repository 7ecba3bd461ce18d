//! Runs on the embedded hub.

mod client;
pub(crate) mod fixture;
mod large;
mod random;
mod requests;
mod runs;
mod versions;
mod watching;
