//! Entities: addressable state with operations, run one at a time.

mod batch;
mod context;
mod typed;

use serde_json::Value;

use crate::Failure;

pub(crate) use batch::run_batch;
pub use context::EntityContext;
pub(crate) use typed::problem;
pub use typed::{
    EntitySignals, EntityTarget, EntityType, Operation, OrchestrationSignals, SignalSender,
};

/// An entity as a type. The value itself holds what all entities of the name share.
///
/// ```
/// use durable_task::{Entity, EntityContext, Failure, Registry};
/// use serde_json::Value;
///
/// struct Counter;
///
/// impl Entity for Counter {
///     const NAME: &'static str = "counter";
///
///     fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
///         let count: i64 = ctx.state()?.unwrap_or(0);
///         match ctx.operation() {
///             "add" => {
///                 let count = count + ctx.input::<i64>()?;
///                 ctx.set_state(&count)?;
///                 Ok(count.into())
///             }
///             "get" => Ok(count.into()),
///             other => Err(Failure::new("UnknownOperation", other).non_retriable()),
///         }
///     }
/// }
///
/// let mut registry = Registry::new();
/// registry.entity(Counter)?;
/// # Ok::<(), durable_task::RegistryError>(())
/// ```
pub trait Entity: Send + Sync + 'static {
    /// Its registered name; compares without case.
    const NAME: &'static str;

    /// Runs one operation. An error undoes what the operation did to the state and the messages it
    /// wanted to send. It must neither wait nor touch the world: an engine may run it before the
    /// message that led to it is durable.
    fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure>;
}
