//! What can stand in a graph.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{ActivityContext, BoxFuture, Failure, ResourceNeed, RetryPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codec::Codec;
use super::edge::failed;
use super::{Graph, Message, RouteError};
use crate::agent::AgentDefinition;

/// A node of a workflow: a function with `#[executor]`, an agent, a request port, another workflow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node of a workflow [AGT660]",
    label = "neither an executor nor an agent, a request port or a workflow",
    note = "annotate the function with `#[executor]`"
)]
pub trait Node: 'static {
    /// What it takes.
    type Input: 'static;
    /// What it gives to the next node.
    type Output: 'static;
    /// How messages are made to fit its input: [`Plain`], [`Asked`] or [`Borrowing`].
    type Kind;
    /// The node itself; an unknown one is one error by this.
    type This;
    /// What it adds to the outputs of the run: [`NoYields`] or [`Yields`].
    type Yielded;
    /// How what it takes is written; a graph refuses types that can't be.
    #[doc(hidden)]
    const INPUT: Codec<Self::Input>;
    /// How what it gives is written.
    #[doc(hidden)]
    const OUTPUT: Codec<Self::Output>;
    /// Whether it is told at the node itself if what it gives can't be a message.
    #[doc(hidden)]
    const TELLS_OUTPUT: bool = false;
    /// Whether it gives any number of messages, and not one.
    const SENDS: bool = false;
    /// Whether it adds outputs of its own.
    const YIELDS: bool = false;
    /// The slots that it uses, as they are written where it is declared.
    #[doc(hidden)]
    const SLOTS: &'static [&'static str] = &[];
    /// What it takes on the hub under a name of its own, so that two nodes can't have it: an agent
    /// or a workflow, its name, and the path of the item.
    #[doc(hidden)]
    const REGISTERED: Option<Registered> = None;
    /// The type that it borrows where a node takes its message, if it does.
    #[doc(hidden)]
    const BORROWS: Option<&'static str> = None;
    /// Whether it asks somebody outside: whether it is a request port.
    #[doc(hidden)]
    const ASKS: bool = false;

    /// Everything that is needed to run it.
    fn definition() -> NodeDefinition;

    /// Reads what it takes.
    #[doc(hidden)]
    fn read_input(message: &Message) -> Result<Self::Input, RouteError> {
        Self::INPUT
            .decode(message)
            .map_err(failed::<Message, Self::Input>)
    }

    /// Writes what it takes.
    #[doc(hidden)]
    fn write_input(input: &Self::Input) -> Result<Message, RouteError> {
        Self::INPUT
            .encode(input)
            .map_err(failed::<Self::Input, Message>)
    }

    /// Reads what it gives.
    #[doc(hidden)]
    fn read_output(message: &Message) -> Result<Self::Output, RouteError> {
        Self::OUTPUT
            .decode(message)
            .map_err(failed::<Message, Self::Output>)
    }

    /// Reads what it gives for all items of a list.
    #[doc(hidden)]
    fn read_outputs(message: &Message) -> Result<Vec<Self::Output>, RouteError> {
        let items: Vec<Message> = message
            .read()
            .map_err(failed::<Message, Vec<Self::Output>>)?;
        items.iter().map(Self::read_output).collect()
    }

    /// Writes what it gives.
    #[doc(hidden)]
    fn write_output(output: &Self::Output) -> Result<Message, RouteError> {
        Self::OUTPUT
            .encode(output)
            .map_err(failed::<Self::Output, Message>)
    }

    /// Writes an output of a workflow that returns nothing.
    #[doc(hidden)]
    fn write_nothing((): ()) -> Result<Message, RouteError> {
        Message::of(&()).map_err(failed::<(), Message>)
    }

    /// Whether JSON text from outside is what it takes.
    #[doc(hidden)]
    fn check_input(json: &str) -> Result<Message, InvalidMessage> {
        Self::INPUT.check(json)
    }

    /// Whether JSON text from outside is what it gives.
    #[doc(hidden)]
    fn check_output(json: &str) -> Result<Message, InvalidMessage> {
        Self::OUTPUT.check(json)
    }
}

/// A name on the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// `agent` or `workflow`.
    pub kind: &'static str,
    /// The name.
    pub name: &'static str,
    /// The path of the item that has it: `module_path!()` and its name.
    pub path: &'static str,
}

/// Messages reach the node by `Into`.
#[derive(Debug)]
pub enum Plain {}

/// The node is an agent, which takes any message as text.
#[derive(Debug)]
pub enum Asked {}

/// The node takes no message, which no graph can have; see `check_message`.
#[derive(Debug)]
pub enum Borrowing {}

/// The node adds nothing to the outputs.
#[derive(Debug)]
pub enum NoYields {}

/// The node adds values of a type to the outputs.
#[derive(Debug)]
pub struct Yields<T>(std::marker::PhantomData<T>);

/// A node as a value.
#[derive(Debug, Clone)]
pub struct NodeDefinition {
    /// Its registered name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The type behind it.
    pub type_id: TypeId,
    /// That type's name, for messages.
    pub type_name: &'static str,
    /// What runs.
    pub code: NodeCode,
}

/// What runs for a node.
#[derive(Clone)]
pub enum NodeCode {
    /// A function.
    Executor(ExecutorDefinition),
    /// An agent.
    Agent(fn() -> AgentDefinition),
    /// Another workflow.
    Workflow(&'static Graph),
    /// A question to somebody outside.
    Port(PortDefinition),
}

impl fmt::Debug for NodeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Executor(_) => "Executor",
            Self::Agent(_) => "Agent",
            Self::Workflow(_) => "Workflow",
            Self::Port(_) => "Port",
        })
    }
}

/// A function of a graph, as a value.
#[derive(Clone)]
pub struct ExecutorDefinition {
    /// Runs it.
    pub run: ExecutorCode,
    /// What it takes by reference, other than its context.
    pub needs: Vec<ResourceNeed>,
    /// How it is repeated when it fails; `None` takes the workflow's.
    pub retry: Option<RetryPolicy>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How many runs of it may be under way at once, for all runs of the workflow in a process.
    pub concurrency: Option<usize>,
    /// The state that it may use.
    pub state: Vec<SlotUse>,
}

/// The code of a function of a graph.
pub type ExecutorCode =
    Arc<dyn Fn(NodeCall) -> BoxFuture<'static, Result<NodeAnswer, Failure>> + Send + Sync>;

/// A slot that a function may use.
#[derive(Debug, Clone, Copy)]
pub struct SlotUse {
    /// The slot's type.
    pub type_id: fn() -> TypeId,
    /// Its name, for messages.
    pub type_name: fn() -> &'static str,
    /// How.
    pub access: Access,
}

/// How a function uses a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It reads what is certainly there.
    Reads,
    /// It reads what may be there.
    MayRead,
    /// It writes, always.
    Writes,
    /// It may write.
    MayWrite,
}

/// One run of a function of a graph.
#[derive(Debug)]
pub struct NodeCall {
    /// The input.
    pub message: Message,
    /// The slots that it reads, by their types; absent ones are not set.
    pub state: Vec<(TypeId, Message)>,
    /// The slots whose writes are merged: what it writes there it does not see itself.
    pub reduced: Vec<TypeId>,
    /// The request ports of the graph by their types, each with the id of the request that belongs
    /// to the message; see [`linked_requests`](super::linked_requests). The first of a type counts.
    pub requests: Vec<(TypeId, Option<String>)>,
    /// Who sent the message.
    pub sources: Vec<String>,
    /// Where it runs.
    pub place: Place,
    /// Its run as an activity: resources, idempotency key, cancellation.
    pub activity: ActivityContext,
}

impl NodeCall {
    /// A run without state, that nobody sent.
    pub fn new(message: Message, place: Place, activity: ActivityContext) -> Self {
        Self {
            message,
            state: Vec::new(),
            reduced: Vec::new(),
            requests: Vec::new(),
            sources: Vec::new(),
            place,
            activity,
        }
    }
}

/// The run and node that a function runs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The workflow.
    pub workflow: String,
    /// The node.
    pub node: String,
    /// The run; of a sub-workflow its own.
    pub instance: String,
    /// The run that was started from outside, and its workflow: the same unless in a sub-workflow.
    pub root_instance: String,
    /// The workflow of that run.
    pub root_workflow: String,
    /// What the ids of requests begin with outside: `{node}~{ordinal}~..`, or empty.
    pub request_prefix: String,
    /// How often this node has been run before in this run.
    pub round: u32,
}

/// What a function of a graph gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeAnswer {
    /// What it returned or sent, in order.
    pub messages: Vec<Message>,
    /// What it added to the outputs of the run, in order.
    pub outputs: Vec<Message>,
    /// What it wrote, by the type of the slot, in order.
    pub updates: Vec<(TypeId, Message)>,
    /// The events that it added to those of the run, in order.
    pub events: Vec<CustomEvent>,
}

/// An event that a function adds to those of its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomEvent {
    /// What it is, for those who watch.
    pub name: String,
    /// What belongs to it.
    pub data: Message,
}

/// A question to somebody outside, as a value.
#[derive(Clone)]
pub struct PortDefinition {
    /// The name of the request's type.
    pub request_type: fn() -> &'static str,
    /// The name of the answer's type.
    pub response_type: fn() -> &'static str,
    /// The JSON schema of the answer.
    pub response_schema: fn() -> Value,
    /// Reads an answer: `Err` says what is wrong and where.
    pub check: fn(&str) -> Result<Message, InvalidMessage>,
    /// How long to wait.
    pub timeout: Option<Duration>,
    /// What counts as the answer when that time is over; without it the run fails.
    pub default: Option<DefaultAnswer>,
}

/// Makes the answer to a request that nobody answered.
pub type DefaultAnswer = fn(&Message) -> Result<Message, Failure>;

/// Why JSON from outside does not fit a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct InvalidMessage {
    /// Where: `items[2].city`; `.` for the whole.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}
