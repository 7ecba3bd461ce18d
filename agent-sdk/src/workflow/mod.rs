//! Workflows: graphs of nodes that the compiler has checked.

pub(crate) mod agent_node;
pub(crate) mod caught;
mod check;
mod client;
pub(crate) mod codec;
mod context;
pub mod durable;
mod edge;
pub(crate) mod executor;
#[cfg(any(test, feature = "generate"))]
#[doc(hidden)]
pub mod generate;
mod graph;
pub(crate) mod keyed;
pub(crate) mod known;
mod links;
mod message;
mod node;
mod output;
pub(crate) mod port;
mod render;
pub mod runner;
pub(crate) mod state;
pub mod superstep;
mod text;
mod version;

pub use check::{Rival, Solution, check_message, check_names, check_no_state, check_node, solve};
pub use client::{
    Delivered, EventPage, PendingRequest, RUN_ID_CHARS_MAX, RecordedEvent, RequestEnd,
    WorkflowClient, WorkflowError, WorkflowStarted, WorkflowStatus, decode_outputs,
};
pub use codec::Codec;
pub use context::{
    EVENT_NAME_BYTES_MAX, EVENTS_BYTES_MAX, EVENTS_MAX, MESSAGES_MAX, WorkflowContext,
};
pub use edge::{
    Accepts, AcceptsEach, AcceptsValue, Converts, ConvertsParts, ConvertsValue, JOIN_SOURCES_MAX,
    JoinsSources, Parts, Read, ReadAll, Write, as_it_is, part,
};
pub use graph::{
    Arm, Check, Convert, ConvertAll, Exit, Fork, Graph, GraphNode, Join, NodeFacts, OutputCount,
    Route, RouteError, Routed, SUPERSTEPS_MAX, Target, To, TypeData, Workflow, definition,
    unfinished,
};
pub use keyed::Keyed;
pub use links::{HostUrl, LinkError, PublicUrl};
pub use message::{AgentMessage, AgentResponse, Described, Message};
pub use node::{
    Access, Asked, Borrowing, CustomEvent, DefaultAnswer, ExecutorCode, ExecutorDefinition,
    InvalidMessage, NoYields, Node, NodeAnswer, NodeCall, NodeCode, NodeDefinition, Place, Plain,
    PortDefinition, Registered, SlotUse, Yields,
};
pub use output::{
    Added, Adds, AddsTo, EndsWith, ReturnsAtMostOne, ReturnsMany, ReturnsNone, ReturnsOne,
    WriteOutput, any, dropped,
};
pub use port::{RequestPort, linked_requests};
pub use render::{
    EdgeView, EndView, GraphFormat, GraphView, JoinView, NodeKind, NodeRun, NodeState, NodeView,
};
pub use state::{
    Emits, InState, MayRead, Merge, MergeError, Reads, SLOT_BYTES_MAX, SLOTS_MAX, STATE_BYTES_MAX,
    Sends, Slot, SlotOf, WorkflowState, Writes, check_state_size,
};
pub use version::GraphVersion;
