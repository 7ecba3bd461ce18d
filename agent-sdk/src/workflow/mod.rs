//! Workflows: graphs of nodes that the compiler has checked.

mod edge;
mod graph;
mod message;
mod node;
mod render;
mod state;

pub use edge::{
    Accepts, AddsTo, Converts, ConvertsParts, ItemsFor, JOIN_SOURCES_MAX, JoinsSources, Parts,
    YieldsAtMostOne, YieldsMany, YieldsOne, as_it_is, deliver, deliver_each, hand_on, hand_on_each,
    put_together,
};
pub use graph::{
    Arm, Convert, ConvertAll, Exit, Fork, Graph, GraphNode, Join, NodeFacts, OutputCount, Route,
    RouteError, Routed, SUPERSTEPS_MAX, Target, To, TypeData, Workflow,
};
pub use message::{AgentMessage, AgentResponse, Message};
pub use node::{
    Access, Asked, DefaultAnswer, ExecutorCode, ExecutorDefinition, InvalidMessage, NoYields, Node,
    NodeAnswer, NodeCall, NodeCode, NodeDefinition, Place, Plain, PortDefinition, SlotUse, Yields,
};
pub use render::{
    EdgeView, EndView, GraphFormat, GraphView, JoinView, NodeKind, NodeRun, NodeState, NodeView,
};
pub use state::{
    Emits, InState, MayRead, Merge, NoState, Reads, SLOTS_MAX, Sends, Slot, SlotOf, WorkflowState,
    Writes,
};
