//! What the expansions of the attributes may call. Unstable: it changes with them.

use std::borrow::Cow;
use std::future::Future;

use durable_task::BoxFuture;
use serde_json::Value;

pub use crate::agent::{NoOutput, OutputProbe, OutputSchema};
pub use crate::tool::argument::{Argument, Arguments, Resource, argument, resource};
pub use crate::tool::builder::ToolBuilder;
pub use crate::tool::list::{ToolEntry, assert_distinct_tools, tool_definitions, tool_entry};
pub use crate::tool::output::{Returned, ReturnedValue};

pub use crate::workflow::agent_node::agent_node;
pub use crate::workflow::codec::{Codec, Unkept};
pub use crate::workflow::executor::{
    Alone, ContextOf, ContextProbe, ExecutorNode, Nothing, OtherArgument, OtherSlot, RunsAlone,
    Unit, WriteProbe, Yielded, alone, executor_node, lend, nothing, sender_node,
};
pub use crate::workflow::keyed::{KeyedSlot, PlainSlot, SlotProbe, slot_of_kind};
pub use crate::workflow::known::{
    Given, GivesBad, MakesNew, Otherwise, SchemaOf, Taken, TakesNew, TakesOther, Undescribed,
};
pub use crate::workflow::port::{default_answer, port_node};
pub use crate::workflow::state::derived::{
    Reduce, SlotType, reduced_slots, slot, slot_default, slot_reduce, slots_with_defaults,
};
pub use crate::workflow::state::known::{FactsOf, InKnown, StateProbe, UnknownState};

use crate::agent::AgentOutput;
use crate::tool::ToolError;

pub mod ide;

/// A text that is known when the program is built.
pub const fn text(text: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(text)
}

/// The schema of an agent's answers, by their type.
pub const fn output_schema<T: AgentOutput>() -> fn() -> OutputSchema {
    T::output_schema
}

/// The run of a tool, on the heap.
pub fn boxed<F>(run: F) -> BoxFuture<'static, Result<Value, ToolError>>
where
    F: Future<Output = Result<Value, ToolError>> + Send + 'static,
{
    Box::pin(run)
}
