//! Runs on the embedded hub.

mod client;
mod random;
mod requests;
mod runs;
mod versions;
