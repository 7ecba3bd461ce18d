//! What the expansions of the attributes may call. Unstable: it changes with them.

use std::any::{Any, TypeId};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use serde_json::Value;

use crate::{
    ActivityContext, BoxFuture, EntityContext, EntityType, ExecutionId, Failure, InstanceId,
    IntoFailure, OrchestrationContext, OrchestrationError, Payload, ResourceNeed, Resources, json,
};
use tokio_util::sync::CancellationToken;

pub mod ide;

/// Traits without the derives that share their names.
pub mod traits {
    pub use crate::context::Event;
}

pub use crate::entity::{Operation, Operations};

/// What the first argument of an orchestrator can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the context of an orchestrator [AGT302]",
    label = "expected `OrchestrationContext`",
    note = "the first argument of an orchestrator is `ctx: OrchestrationContext`, the second its \
            input"
)]
pub trait OrchestratorArgument {
    /// Hands it over.
    fn from_context(context: OrchestrationContext) -> Self;
}

impl OrchestratorArgument for OrchestrationContext {
    fn from_context(context: OrchestrationContext) -> Self {
        context
    }
}

/// What an orchestrator returns; the attribute has seen that it is written as a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an orchestrator",
    label = "expected a `Result`"
)]
pub trait OrchestratorReturn {
    /// Its value.
    type Output;
    /// Its error.
    type Error;

    /// With the error as it is recorded.
    fn into_outcome(self) -> Result<Self::Output, OrchestrationError>
    where
        Self::Error: OrchestratorFailure;
}

impl<O, E> OrchestratorReturn for Result<O, E> {
    type Output = O;
    type Error = E;

    fn into_outcome(self) -> Result<O, OrchestrationError>
    where
        E: OrchestratorFailure,
    {
        self.map_err(E::into_error)
    }
}

/// What an orchestrator can fail with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an orchestrator [AGT304]",
    label = "expected `OrchestrationError`, or a type that converts into it",
    note = "fail with `OrchestrationError::failed(\"..\")`, or pass on with `?` what the context \
            returned"
)]
pub trait OrchestratorFailure {
    /// As it is recorded.
    fn into_error(self) -> OrchestrationError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<OrchestrationError>> OrchestratorFailure for E {
    fn into_error(self) -> OrchestrationError {
        self.into()
    }
}

/// What an executor returns; the attribute has seen that it is written as a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an executor",
    label = "expected a `Result`"
)]
pub trait ExecutorReturn {
    /// Its value.
    type Output;
    /// Its error.
    type Error;

    /// With the error as it is recorded.
    fn into_outcome(self) -> Result<Self::Output, Failure>
    where
        Self::Error: IntoFailure;
}

impl<O, E> ExecutorReturn for Result<O, E> {
    type Output = O;
    type Error = E;

    fn into_outcome(self) -> Result<O, Failure>
    where
        E: IntoFailure,
    {
        self.map_err(E::into_failure)
    }
}

/// The context of an activity that no worker runs: for runs inside one process.
///
/// `task_id` tells the calls of one `instance` apart, also when one is repeated.
pub fn activity_context(
    name: &str,
    instance: &str,
    task_id: i32,
    cancelled: CancellationToken,
    resources: Arc<Resources>,
) -> ActivityContext {
    let instance = InstanceId::from_stored(instance.to_owned());
    let call = (instance, ExecutionId::new(String::new()), task_id);
    ActivityContext::of_call(name.to_owned(), call, cancelled, resources)
}

/// The run of an executor, which threads may hand on.
pub fn executed<O>(
    run: impl Future<Output = Result<O, Failure>> + Send,
) -> impl Future<Output = Result<O, Failure>> + Send {
    run
}

/// How often an executor is tried that has a retry policy and does not say.
pub const RETRY_ATTEMPTS: u32 = 3;

/// After which time such an executor is tried again.
pub const RETRY_FIRST: Duration = Duration::from_secs(1);

/// What the start-up check has to find.
pub fn needs(all: &[Option<ResourceNeed>]) -> Vec<ResourceNeed> {
    let mut needs: Vec<ResourceNeed> = Vec::new();
    for need in all.iter().flatten() {
        let type_id = (need.type_id)();
        if needs.iter().all(|other| (other.type_id)() != type_id) {
            needs.push(*need);
        }
    }
    needs
}

/// What an executor can take by reference: its context, and every type that threads can share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lent to an executor [AGT404]",
    label = "expected `ActivityContext`, or a sized type that is `Send`, `Sync` and `'static`",
    note = "what an executor takes by reference is a resource, registered with \
            `.resource(value)` and found by its type",
    note = "what it is called with is the first argument, by value: `String`, not `&str`"
)]
pub trait ExecutorResource: 'static {
    /// Finds the value.
    fn lend(context: &ActivityContext) -> Option<&Self>;
    /// The value, if it is of this type.
    fn of(value: &dyn Any) -> Option<&Self>;
    /// What the start-up check has to find.
    fn need() -> ResourceNeed;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> ExecutorResource for T {
    fn lend(context: &ActivityContext) -> Option<&Self> {
        Self::of(context).or_else(|| context.resource())
    }

    fn of(value: &dyn Any) -> Option<&Self> {
        value.downcast_ref()
    }

    fn need() -> ResourceNeed {
        ResourceNeed {
            type_name: std::any::type_name::<T>,
            type_id: TypeId::of::<T>,
        }
    }
}

/// An argument that is lent.
#[derive(Debug)]
pub struct Resource<T: ?Sized + 'static> {
    lend: for<'a> fn(&'a ActivityContext) -> Option<&'a T>,
    of: for<'a> fn(&'a dyn Any) -> Option<&'a T>,
    need: fn() -> ResourceNeed,
}

/// An argument by its type.
pub const fn resource<T: ExecutorResource + ?Sized>() -> Resource<T> {
    Resource {
        lend: T::lend,
        of: T::of,
        need: T::need,
    }
}

impl<T: ?Sized + 'static> Resource<T> {
    /// A value that is lent in another way than as a resource, if it is what is asked for.
    pub fn of<'a>(&self, value: &'a dyn Any) -> Option<&'a T> {
        (self.of)(value)
    }

    /// The value. It is there if the start-up check was made.
    pub fn lend<'a>(&self, context: &'a ActivityContext) -> Result<&'a T, Failure> {
        (self.lend)(context).ok_or_else(|| {
            let need = (self.need)();
            let type_name = (need.type_name)();
            let message = format!("no resource of type `{type_name}` is registered");
            Failure::new("MissingResource", message).non_retriable()
        })
    }

    /// What the start-up check has to find; the context of the call is always there.
    pub fn need(&self) -> Option<ResourceNeed> {
        let need = (self.need)();
        ((need.type_id)() != TypeId::of::<ActivityContext>()).then_some(need)
    }
}

/// What an operation of an entity returns, where it can fail.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an operation",
    label = "expected a `Result`"
)]
pub trait OperationReturn {
    /// Its value.
    type Output;
    /// Its error.
    type Error;

    /// With the failure that is recorded.
    fn into_outcome(self) -> Result<Self::Output, Failure>
    where
        Self::Error: IntoFailure;
}

impl<O, E> OperationReturn for Result<O, E> {
    type Output = O;
    type Error = E;

    fn into_outcome(self) -> Result<O, Failure>
    where
        E: IntoFailure,
    {
        self.map_err(E::into_failure)
    }
}

/// What an operation of an entity can take by reference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lent to an operation of an entity [AGT511]",
    label = "expected `EntityContext`",
    note = "an operation takes its input by value, and the context as `ctx: &mut EntityContext`"
)]
pub trait OperationArgument {
    /// Hands it on.
    fn lend(context: &mut EntityContext) -> &mut Self;
}

impl OperationArgument for EntityContext {
    fn lend(context: &mut EntityContext) -> &mut Self {
        context
    }
}

/// Runs an operation on the state, and keeps what it did to it.
pub fn change<E: EntityType, O: Operation>(
    context: &mut EntityContext,
    run: impl FnOnce(&mut E::State, O::Input, &mut EntityContext) -> Result<O::Output, Failure>,
) -> Result<Value, Failure> {
    let (mut state, input, existed) = begin::<E, O>(context)?;
    let output = run(&mut state, input, context)?;
    changed::<E, O>(context, existed, &state, &output)
}

/// Runs an operation that only reads.
pub fn inspect<E: EntityType, O: Operation>(
    context: &mut EntityContext,
    run: impl FnOnce(&E::State, O::Input, &mut EntityContext) -> Result<O::Output, Failure>,
) -> Result<Value, Failure> {
    let (state, input, _) = begin::<E, O>(context)?;
    inspected::<O>(&run(&state, input, context)?)
}

/// The run of an operation that waits, which threads may hand on.
pub fn operated(
    run: impl Future<Output = Result<Value, Failure>> + Send,
) -> impl Future<Output = Result<Value, Failure>> + Send {
    run
}

/// The entity's operations, some of which wait.
pub fn boxed<'a>(
    run: impl Future<Output = Result<Value, Failure>> + Send + 'a,
) -> BoxFuture<'a, Result<Value, Failure>> {
    Box::pin(run)
}

/// What an operation begins with: the state, its input, and whether the entity existed.
pub fn begin<E: EntityType, O: Operation>(
    context: &EntityContext,
) -> Result<(E::State, O::Input, bool), Failure> {
    let existed = context.state_json().is_some();
    Ok((state(context)?, input(context)?, existed))
}

/// Keeps what an operation did to the state.
pub fn changed<E: EntityType, O: Operation>(
    context: &mut EntityContext,
    existed: bool,
    state: &E::State,
    output: &O::Output,
) -> Result<Value, Failure> {
    // An operation may have removed the entity.
    if !existed || context.state_json().is_some() {
        let text = json::encoded_output(state.to_json())?;
        context.set_state_json(text);
    }
    value(output)
}

/// The end of an operation that only read.
pub fn inspected<O: Operation>(output: &O::Output) -> Result<Value, Failure> {
    value(output)
}

/// Whether an operation is asked for by this name. Case does not count, as in other SDKs.
pub fn is_operation(context: &EntityContext, name: &str) -> bool {
    context.operation().eq_ignore_ascii_case(name)
}

/// The operation that every entity has.
pub fn delete(context: &mut EntityContext) -> Result<Value, Failure> {
    context.delete_state();
    Ok(Value::Null)
}

/// For a name that no operation has.
pub fn unknown_operation(context: &EntityContext, known: &[&str]) -> Result<Value, Failure> {
    let (operation, entity) = (context.operation(), context.id());
    let known = known.join("`, `");
    let message = format!("entity `{entity}` has no operation `{operation}`; it has `{known}`");
    Err(Failure::new("UnknownOperation", message).non_retriable())
}

fn state<S: Payload + Default>(context: &EntityContext) -> Result<S, Failure> {
    let Some(text) = context.state_json() else {
        return Ok(S::default());
    };
    S::from_json(text).map_err(|error| {
        let message = format!(
            "the state of entity `{}` can't be read: {error}",
            context.id()
        );
        Failure::new("InvalidState", message).non_retriable()
    })
}

fn input<I: Payload>(context: &EntityContext) -> Result<I, Failure> {
    json::decode_input_by(I::from_json, context.input_json())
}

fn value<O: Payload>(output: &O) -> Result<Value, Failure> {
    let text = json::encoded_output(output.to_json())?;
    json::decode_input(Some(&text))
}
