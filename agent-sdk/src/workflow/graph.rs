//! A workflow as data. `#[workflow]` writes it as constants.

use std::any::{TypeId, type_name};
use std::time::Duration;

use durable_task::RetryPolicy;
use serde_json::Value;

use super::caught::caught;
use super::node::InvalidMessage;
use super::{Described, InState, Message, NodeCode, NodeDefinition, Slot};

/// How many supersteps a run may take, unless the workflow says otherwise.
pub const SUPERSTEPS_MAX: u32 = 100;

/// A workflow; `#[workflow]` writes the implementation.
pub trait Workflow: super::Node {
    /// The name under which it is hosted.
    const NAME: &'static str;
    /// The graph.
    const GRAPH: &'static Graph;
}

/// A workflow as data.
#[derive(Clone, Copy)]
pub struct Graph {
    /// The name under which it is hosted.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Which graph it is: the option `version`, else a [`GraphVersion`](super::GraphVersion).
    pub version: &'static str,
    /// How many supersteps a run may take.
    pub supersteps_max: u32,
    /// How its executors are repeated, unless they say so themselves.
    pub retry: Option<fn() -> RetryPolicy>,
    /// How long a run may take.
    pub timeout: Option<Duration>,
    /// The type of the input, and of what a run gives back.
    pub input: TypeData,
    /// The type of what a run gives back, as it is written.
    pub output: TypeData,
    /// How many outputs a run has.
    pub outputs: OutputCount,
    /// The slots of its state.
    pub slots: &'static [Slot],
    /// Where the input goes.
    pub start: Exit,
    /// In reverse postorder from the start.
    pub nodes: &'static [GraphNode],
    /// The fan-ins.
    pub joins: &'static [Join],
    /// The tuples, for the checks.
    pub forks: &'static [Fork],
}

/// A workflow as a node of another one, and as what is hosted.
pub fn definition<W: Workflow>() -> NodeDefinition {
    NodeDefinition {
        name: W::NAME,
        description: W::GRAPH.description,
        type_id: TypeId::of::<W>(),
        type_name: type_name::<W>(),
        code: NodeCode::Workflow(W::GRAPH),
    }
}

/// The graph of a workflow that does not compile, or that this version can't read: it has no nodes,
/// and its description says why.
pub const fn unfinished(name: &'static str, why: &'static str) -> Graph {
    const NOTHING: TypeData = TypeData::described::<()>(refuse);
    Graph {
        name,
        description: why,
        version: "",
        supersteps_max: SUPERSTEPS_MAX,
        retry: None,
        timeout: None,
        input: NOTHING,
        output: NOTHING,
        outputs: OutputCount::None,
        slots: &[],
        start: Exit::Drop,
        nodes: &[],
        joins: &[],
        forks: &[],
    }
}

impl Graph {
    /// Why there is no graph, if it is one of [`unfinished`].
    pub(crate) fn unfinished(&self) -> Option<&'static str> {
        // No graph that compiles has an empty version: it is an option or a hash.
        (self.nodes.is_empty() && self.version.is_empty()).then_some(self.description)
    }
}

fn refuse(_: &str) -> Result<Message, InvalidMessage> {
    Err(InvalidMessage {
        path: ".".to_owned(),
        problem: "this workflow has no graph".to_owned(),
    })
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A type of messages.
#[derive(Clone, Copy)]
pub struct TypeData {
    /// Its name, for people.
    pub name: fn() -> &'static str,
    /// Its JSON schema (2020-12).
    pub schema: fn() -> Value,
    /// Whether JSON text from outside is a value of it; if so, as it is written by us.
    pub check: Check,
}

impl TypeData {
    /// A type with a schema.
    pub const fn described<T: Described>(check: Check) -> Self {
        Self {
            name: type_name::<T>,
            schema: T::schema,
            check,
        }
    }

    /// A type by its schema.
    pub const fn of<T>(schema: fn() -> Value, check: Check) -> Self {
        Self {
            name: type_name::<T>,
            schema,
            check,
        }
    }

    /// A type without one: whatever it is, nobody outside sees it.
    pub const fn inner<T>(check: Check) -> Self {
        Self::of::<T>(anything, check)
    }
}

fn anything() -> Value {
    Value::Bool(true)
}

/// See [`TypeData::check`].
pub type Check = fn(&str) -> Result<Message, InvalidMessage>;

/// How many outputs a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputCount {
    /// None: there is no return type.
    None,
    /// Exactly one: `T`.
    One,
    /// At most one: `Option<T>`.
    AtMostOne,
    /// Any number: `Vec<T>`.
    Any,
}

/// A node in its place.
#[derive(Clone, Copy)]
pub struct GraphNode {
    /// Its id: the name in the graph.
    pub id: &'static str,
    /// Whether it runs once per item of a list: `each(..)`.
    pub each: bool,
    /// What runs.
    pub definition: &'static (dyn Fn() -> NodeDefinition + Send + Sync),
    /// What it takes.
    pub input: TypeData,
    /// What it gives.
    pub output: TypeData,
    /// The slots that it uses.
    pub facts: NodeFacts,
    /// How a value that it adds to the outputs becomes one.
    pub yields: Convert,
    /// Where its message goes; of an `each` node, the list of its messages.
    pub exit: Exit,
}

/// What the checks have to know of a node: bits are the indices of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeFacts {
    /// Slots that it reads.
    pub reads: u128,
    /// Slots that it may read, where they are set.
    pub may_read: u128,
    /// Slots that it always writes.
    pub writes: u128,
    /// Slots that it may write.
    pub may_write: u128,
    /// Whether it sends any number of messages.
    pub sends: bool,
    /// Whether it adds outputs of its own.
    pub yields: bool,
    /// Whether it sets slots that it does not declare: the compiler says so where it does, and not
    /// where they are read.
    pub undeclared: bool,
}

impl NodeFacts {
    /// Of a node that uses nothing.
    pub const NONE: Self = Self {
        reads: 0,
        may_read: 0,
        writes: 0,
        may_write: 0,
        sends: false,
        yields: false,
        undeclared: false,
    };

    /// What a node uses of state `S`.
    pub const fn of<N: InState<S>, S>() -> Self {
        Self {
            reads: N::READS,
            may_read: N::MAY_READ,
            writes: N::WRITES,
            may_write: N::MAY_WRITE,
            undeclared: N::UNDECLARED,
            ..Self::NONE
        }
    }

    /// What a node uses of no state.
    pub const fn of_none<N>() -> Self {
        Self::NONE
    }

    /// The same, and whether it sends any number of messages or adds outputs of its own.
    #[must_use]
    pub const fn adding(mut self, sends: bool, yields: bool) -> Self {
        self.sends = sends;
        self.yields = yields;
        self
    }
}

/// Makes a message of one type into one of another; pure.
pub type Convert = &'static (dyn Fn(&Message) -> Result<Message, RouteError> + Send + Sync);

/// Makes the messages of all sources of a fan-in, in written order, into one; pure.
pub type ConvertAll = &'static (dyn Fn(&[Message]) -> Result<Message, RouteError> + Send + Sync);

/// Decides where a message goes; pure.
pub type Route = &'static (dyn Fn(&Message) -> Result<Vec<Routed>, RouteError> + Send + Sync);

impl GraphNode {
    /// What runs for it; the error is what a panic of its definition said.
    pub(crate) fn defined(&self) -> Result<NodeDefinition, String> {
        caught(|| (self.definition)())
    }

    /// The same, where a node that can't be defined is like none.
    pub(crate) fn code(&self) -> Option<NodeCode> {
        self.defined().ok().map(|definition| definition.code)
    }
}

/// Where a message goes after a node.
#[derive(Clone, Copy)]
pub enum Exit {
    /// It is an output of the run.
    Output(Convert),
    /// Nowhere.
    Drop,
    /// To all of these.
    To(&'static [Target]),
    /// Where the message decides.
    Switch {
        /// Decides.
        route: Route,
        /// What it can decide, for people and checks.
        arms: &'static [Arm],
    },
}

/// One way to go.
#[derive(Clone, Copy)]
pub struct Target {
    /// Where.
    pub to: To,
    /// As what. For `each` it is a list of inputs; for a fan-in, the message as it is.
    pub convert: Convert,
}

/// The end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// A node, by its index.
    Node(usize),
    /// A node that runs once per item.
    Each(usize),
    /// A fan-in.
    Join {
        /// Its index.
        join: usize,
        /// Which of its sources this is.
        slot: usize,
    },
}

/// A fan-in: waits for a message of each source.
#[derive(Clone, Copy)]
pub struct Join {
    /// The node that gets what was collected.
    pub target: usize,
    /// The last node of each element, in written order.
    pub sources: &'static [usize],
    /// Puts the messages together.
    pub convert: ConvertAll,
}

/// One arm of a `match`.
#[derive(Debug, Clone, Copy)]
pub struct Arm {
    /// The pattern as it is written.
    pub label: &'static str,
    /// Where it leads; nowhere if it is dropped.
    pub targets: &'static [To],
}

/// A tuple: paths that run in parallel.
#[derive(Debug, Clone, Copy)]
pub struct Fork {
    /// Where each element begins.
    pub elements: &'static [&'static [To]],
    /// Where they are joined; empty if the tuple is open.
    pub joins: &'static [usize],
}

/// A message and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    /// Where.
    pub to: To,
    /// What.
    pub message: Message,
}

/// Why a message could not be handed on. It is a mistake in the program, and no retry helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a message of type `{from}` could not become `{to}`: {problem}")]
pub struct RouteError {
    /// The type that was sent.
    pub from: &'static str,
    /// The type that was wanted.
    pub to: &'static str,
    /// What went wrong.
    pub problem: String,
}
