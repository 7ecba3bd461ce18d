//! Random graphs as data, for tests that compare runs of the same graph in different places.
//!
//! Messages are any JSON. What a node does depends on nothing but its input and its state, so two
//! runs of a graph with the same input do the same.

mod behaviour;
mod build;
mod random;

pub use behaviour::{Ball, Does, Doom, Jitter, answer_of};
pub use build::{End, Part, Sketch, build};
pub use random::{Mix, Random, graph};
