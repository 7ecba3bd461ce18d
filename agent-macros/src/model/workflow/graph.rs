//! A workflow that was checked: what the expansion is made of.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Pat, Path, Type};

use crate::model::executor::Retry;
use crate::names::Root;
use crate::syntax::options::Period;

/// A workflow that can be generated.
pub struct Workflow {
    /// Where our crate is.
    pub root: Root,
    /// The function, and the type of its name.
    pub ident: Ident,
    /// The name on the hub and in routes.
    pub name: String,
    /// What it is for.
    pub description: TokenStream,
    /// The function's parameter, which stands for the input in the body.
    pub parameter: Ident,
    /// The type of the input.
    pub input: Type,
    /// The return type as it is written, if there is one.
    pub output: Option<Type>,
    /// The type of the state.
    pub state: Option<Type>,
    /// Its version, if it is not the graph's signature.
    pub version: Option<Expr>,
    /// After how many supersteps a run fails.
    pub max_supersteps: Option<Expr>,
    /// How its executors are repeated, if they don't say it themselves.
    pub retry: Option<Retry>,
    /// How long a run may take.
    pub timeout: Option<Period>,
    /// What is in the body.
    pub graph: Graph,
}

/// The nodes and what leads to what.
pub struct Graph {
    /// Where the input goes: [`Exit::To`] or [`Exit::Switch`].
    pub input: Exit,
    /// All nodes, in reverse postorder from the input: sources before targets, except where a loop
    /// leads back. Never empty.
    pub nodes: Vec<Node>,
    /// Where several messages become one.
    pub joins: Vec<Join>,
    /// The `match`es, in written order.
    pub switches: Vec<Switch>,
    /// The tuples, in written order, outer ones first.
    pub forks: Vec<Fork>,
    /// How many outputs a run has, as far as the graph alone tells.
    pub outputs: OutputCount,
}

/// An executor, agent, workflow or request port in the graph.
pub struct Node {
    /// Its name in the graph: that of its `let`, else the last segment of its path.
    pub id: String,
    /// What it is, where that is written for the first time; the path in its `let`, if it has one.
    pub path: Path,
    /// Every other place where it is named, for editors. With a `let`, these are its name.
    pub mentions: Vec<Path>,
    /// Whether it runs once for each item of a list.
    pub each: bool,
    /// Where its output goes. That of an [`each`](Self::each) node is the list of a whole round.
    pub exit: Exit,
}

/// Where a message goes.
pub enum Exit {
    /// Nowhere further: the path ends, and the message is an output of the run. Every item of the
    /// list is one, if the node is an [`each`](Node::each) node.
    Output,
    /// Nowhere: `>> ()`.
    Drop,
    /// To all of these.
    To(Vec<Target>),
    /// To what an arm of the `match` of this number says.
    Switch(usize),
}

/// One end of an edge.
pub struct Target {
    /// Where it leads.
    pub to: To,
    /// The target as it is named there.
    pub at: Path,
}

/// Where an edge leads. Nodes are numbered as in [`Graph::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// To a node, which gets the message.
    Node(usize),
    /// To a node, which gets every item of the message.
    Each(usize),
    /// To a place in a tuple, for which the target of a join waits.
    Join {
        /// The number of the join.
        join: usize,
        /// The place in [`Join::sources`].
        slot: usize,
    },
}

/// A closed tuple and one target of it: it waits for one message of each source.
pub struct Join {
    /// The node that gets the tuple. It is never an [`each`](Node::each) node.
    pub target: usize,
    /// The target as it is named there.
    pub at: Path,
    /// The last node of each element, in order. An [`each`](Node::each) node gives its list.
    pub sources: Vec<usize>,
}

/// One `match`.
pub struct Switch {
    /// What is matched.
    pub source: Source,
    /// As it is named there.
    pub at: Path,
    /// The arms, in order. Never empty.
    pub arms: Vec<Arm>,
}

/// Whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The input of the run.
    Input,
    /// The output of a node.
    Node(usize),
}

/// One arm of a `match`.
pub struct Arm {
    /// The pattern with its guard, as it is written.
    pub pattern: Pat,
    /// The same, for people.
    pub label: String,
    /// Where the message goes; nowhere, if there are none.
    pub targets: Vec<ArmTarget>,
    /// The last token of the arm, comma excluded: a suggestion of the compiler goes after it.
    pub last: Span,
}

/// One target of an arm.
pub struct ArmTarget {
    /// Where it leads: [`To::Node`] or [`To::Each`].
    pub target: Target,
    /// What it gets; the whole message, if nothing is written.
    pub value: Option<Expr>,
}

/// One tuple.
pub struct Fork {
    /// Where each element begins. An element that is a tuple itself begins in several places.
    pub elements: Vec<Vec<To>>,
    /// The joins that close it: none, if it is open.
    pub joins: Vec<usize>,
    /// The parentheses.
    pub at: Span,
}

/// How many outputs a run has, if every node gives one message for each that it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputCount {
    /// Every path is dropped.
    None,
    /// Exactly one.
    One,
    /// One, or none if a path is dropped.
    AtMostOne,
    /// Any number.
    Any,
}
