//! What a function must be to be a workflow, and its body to be a graph.

pub mod graph;
