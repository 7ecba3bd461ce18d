//! A body as a graph that nobody has checked yet: which path stands for what, and what leads where.

use std::ops::Range;

use proc_macro2::Span;
use syn::{Expr, Pat, Path};

use super::graph::{Source, To};
use super::names::Named;

/// The graph, with its nodes in no order.
pub struct Draft {
    /// The nodes.
    pub nodes: Vec<Named>,
    /// Every path in the statements, in written order.
    pub mentions: Vec<Mentioned>,
    /// Every way out of a source, in the order of the sources as they are written. A correct graph
    /// has at most one of each.
    pub ways: Vec<Way>,
    /// The ends of closed tuples.
    pub joins: Vec<DraftJoin>,
    /// The `match`es, in written order.
    pub switches: Vec<DraftSwitch>,
    /// The tuples, in written order, outer ones first.
    pub forks: Vec<DraftFork>,
    /// The mentions inside of each closed tuple.
    pub closed: Vec<Closed>,
    /// What the first statement is.
    pub first: First,
    /// Nodes that something leads to which was reported and is missing.
    pub loose: Vec<usize>,
}

/// One path in a statement.
pub struct Mentioned {
    /// Where it stands in the body, among all that can be blamed.
    pub position: usize,
    /// As it is written.
    pub path: Path,
    /// What it stands for.
    pub source: Source,
    /// What it is there for.
    pub role: Role,
}

/// What a path is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It begins a statement, and a path leads on from it.
    Begins,
    /// It is a whole statement.
    Alone,
    /// Something leads to it.
    Reached,
    /// Something leads to it, item by item.
    Each,
    /// It is matched.
    Matched,
}

/// What the first statement that is not a `let` is.
#[derive(Clone, Copy)]
pub enum First {
    /// There is none.
    Missing,
    /// A path that begins with this mention.
    Path(usize),
    /// A `match` on this mention.
    Match(usize),
    /// Something else, which was reported.
    Wrong,
}

/// A way out of a source.
pub struct Way {
    /// The source.
    pub source: Source,
    /// The mention that it leaves from.
    pub mention: usize,
    /// Where it leads.
    pub exit: WayOut,
}

/// Where a way leads.
pub enum WayOut {
    /// `>> ()`
    Drop,
    /// To all of these.
    To(Vec<Head>),
    /// To a place in these joins.
    Join {
        /// The joins.
        joins: Vec<usize>,
        /// The place.
        slot: usize,
    },
    /// To a `match`.
    Switch(usize),
}

/// The first node of an element.
#[derive(Clone)]
pub struct Head {
    /// The node.
    pub to: To,
    /// Where it is mentioned.
    pub mention: usize,
    /// What it gets in an arm.
    pub value: Option<Expr>,
}

/// A closed tuple, for one target.
pub struct DraftJoin {
    /// The node.
    pub target: usize,
    /// Where it is mentioned.
    pub mention: usize,
    /// The last node of each element.
    pub sources: Vec<usize>,
}

/// A `match`.
pub struct DraftSwitch {
    /// What is matched.
    pub source: Source,
    /// Where it is mentioned.
    pub mention: usize,
    /// The arms.
    pub arms: Vec<DraftArm>,
}

/// One arm.
pub struct DraftArm {
    /// The pattern with its guard.
    pub pattern: Pat,
    /// Where the message goes.
    pub heads: Vec<Head>,
    /// The last token.
    pub last: Span,
}

/// A tuple.
pub struct DraftFork {
    /// Where each element begins.
    pub elements: Vec<Vec<To>>,
    /// What closes it.
    pub joins: Vec<usize>,
    /// The parentheses.
    pub at: Span,
}

/// What is inside of a closed tuple.
pub struct Closed {
    /// The mentions, by number.
    pub inside: Range<usize>,
    /// What waits for it, as it is written.
    pub target: String,
}
