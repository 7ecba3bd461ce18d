//! Pictures of workflows: Mermaid, DOT and JSON, from the same data that runs.
//!
//! The forms follow those of the reference system: two-space indent, start first, then the other
//! nodes, then fan-ins, then edges. Beyond it, arms of a `match` are labelled, and agents, request
//! ports, sub-workflows and `each` nodes have shapes of their own.

mod dot;
mod json;
mod mermaid;
mod view;

pub use view::{EdgeView, EndView, GraphView, JoinView, NodeKind, NodeRun, NodeState, NodeView};

use super::Graph;

/// A form of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphFormat {
    /// A Mermaid flowchart.
    Mermaid,
    /// Graphviz.
    Dot,
    /// The graph as data.
    Json,
}

impl Graph {
    /// The graph as a picture.
    ///
    /// ```
    /// use agent_sdk::workflow::{Graph, GraphFormat};
    ///
    /// fn print(graph: &'static Graph) {
    ///     println!("{}", graph.render(GraphFormat::Mermaid));
    /// }
    /// ```
    pub fn render(&'static self, format: GraphFormat) -> String {
        GraphView::of(self).render(format)
    }
}

impl GraphView {
    /// The picture, with the state of a run if the view has one.
    pub fn render(&self, format: GraphFormat) -> String {
        match format {
            GraphFormat::Mermaid => mermaid::mermaid(self),
            GraphFormat::Dot => dot::dot(self),
            GraphFormat::Json => json::json(self),
        }
    }
}

#[cfg(test)]
mod tests;
