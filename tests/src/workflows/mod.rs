//! Workflows as programs write them, in memory and on a hub in a file.

mod large;
mod limits;
mod mend;
mod other_crate;
mod stage;
