//! Entities: addressable state with operations, run one at a time.

mod batch;
mod context;
mod typed;

use std::future::Future;

use serde_json::Value;

use crate::Failure;

pub(crate) use batch::{Batch, Operate, OperateLater};
pub use context::EntityContext;
pub(crate) use context::Surroundings;
pub(crate) use typed::problem;
pub use typed::{
    EntitySignals, EntityTarget, EntityType, Operation, Operations, OrchestrationSignals,
    SignalSender,
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
    /// message that led to it is durable. [`AsyncEntity`] is for operations that do.
    fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure>;
}

/// An entity whose operations wait and touch the world, as activities do.
///
/// An operation begins when the message that led to it is durable, alone; whatever else is sent to
/// the entity waits until it has ended. State and messages count when it has: after a crash it runs
/// again, on the state that it began with, so what it does to the world is done at least once.
/// Where an operation need not be one with a slow call, an orchestration that calls an activity is
/// better: nobody waits for it.
///
/// ```
/// use durable_task::{AsyncEntity, EntityContext, Failure, Registry};
/// use serde_json::Value;
///
/// struct Rates;
///
/// async fn ask_the_bank(currency: &str) -> f64 {
///     1.0
/// }
///
/// impl AsyncEntity for Rates {
///     const NAME: &'static str = "rates";
///
///     async fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
///         let rate = match ctx.operation() {
///             "refresh" => ask_the_bank(ctx.id().key()).await,
///             "get" => ctx.state()?.unwrap_or(1.0),
///             other => return Err(Failure::new("UnknownOperation", other).non_retriable()),
///         };
///         ctx.set_state(&rate)?;
///         Ok(rate.into())
///     }
/// }
///
/// let mut registry = Registry::new();
/// registry.async_entity(Rates)?;
/// # Ok::<(), durable_task::RegistryError>(())
/// ```
pub trait AsyncEntity: Send + Sync + 'static {
    /// Its registered name; compares without case.
    const NAME: &'static str;

    /// Runs one operation. An error undoes what the operation did to the state and the messages it
    /// wanted to send.
    fn run(&self, ctx: &mut EntityContext) -> impl Future<Output = Result<Value, Failure>> + Send;
}
