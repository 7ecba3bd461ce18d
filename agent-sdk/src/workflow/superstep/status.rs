//! How a run stands.

use super::Request;

/// How a run stands, for those who ask while it goes on.
#[derive(Debug, Clone)]
pub struct Status<'a> {
    /// Whether it waits for an answer and has nothing else to do.
    pub waiting: bool,
    /// The superstep, from 1; 0 before the first.
    pub superstep: u32,
    /// The open requests, in the order in which they were asked.
    pub requests: Vec<&'a Request>,
    /// The sub-workflows that are under way, in the order of their tasks.
    pub children: Vec<Child>,
}

/// A sub-workflow that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// The node, by its index.
    pub node: usize,
    /// The node's id.
    pub node_id: &'static str,
    /// Its position among the children of the node, from 0.
    pub ordinal: u32,
}
