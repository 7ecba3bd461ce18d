//! What `#[executor]` makes of a function, as a node.

use std::any::{TypeId, type_name};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use durable_task::__private::Resource;
use durable_task::{ActivityContext, BoxFuture, Failure, ResourceNeed, RetryPolicy};
use serde_json::value::RawValue;

use super::codec::Codec;
use super::context::WorkflowContext;
use super::node::{Access, ExecutorDefinition, NodeCall, NodeCode, NodeDefinition, Place, SlotUse};
use super::{MayRead, Message, Reads, Writes};

/// Runs the function; what it returned, unless it sends its messages.
type Run<E> = Arc<
    dyn Fn(Arc<WorkflowContext<E>>) -> BoxFuture<'static, Result<Option<Message>, Failure>>
        + Send
        + Sync,
>;

/// Whether a slot that is read is as it must be.
type Check<E> = fn(&WorkflowContext<E>, &str) -> Result<(), Failure>;

/// An executor on its way to be a node.
pub struct ExecutorNode<E> {
    name: &'static str,
    description: &'static str,
    run: Run<E>,
    needs: Vec<ResourceNeed>,
    retry: Option<RetryPolicy>,
    timeout: Option<Duration>,
    concurrency: Option<usize>,
    state: Vec<SlotUse>,
    checks: Vec<Check<E>>,
}

const INPUT: &str = "the message to an executor";
const OUTPUT: &str = "the output of an executor";

/// An executor that returns what it gives to the next node.
pub fn executor_node<E: 'static, I: 'static, O: 'static, F>(
    (name, description): (&'static str, &'static str),
    input: Codec<I>,
    output: Codec<O>,
    run: fn(Arc<WorkflowContext<E>>, I) -> F,
) -> ExecutorNode<E>
where
    F: Future<Output = Result<O, Failure>> + Send + 'static,
{
    let run = move |context: Arc<WorkflowContext<E>>| -> BoxFuture<'static, _> {
        Box::pin(async move {
            let running = begin(context, input, run)?;
            output.write(OUTPUT, &running.await?).map(Some)
        })
    };
    ExecutorNode::new(name, description, Arc::new(run))
}

/// An executor that sends what it gives to the next node.
pub fn sender_node<E: 'static, I: 'static, F>(
    (name, description): (&'static str, &'static str),
    input: Codec<I>,
    run: fn(Arc<WorkflowContext<E>>, I) -> F,
) -> ExecutorNode<E>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let run = move |context: Arc<WorkflowContext<E>>| -> BoxFuture<'static, _> {
        Box::pin(async move { begin(context, input, run)?.await.map(|()| None) })
    };
    ExecutorNode::new(name, description, Arc::new(run))
}

fn begin<E, I, F>(
    context: Arc<WorkflowContext<E>>,
    input: Codec<I>,
    run: fn(Arc<WorkflowContext<E>>, I) -> F,
) -> Result<F, Failure> {
    let input = input.read(INPUT, context.message())?;
    Ok(run(context, input))
}

impl<E: 'static> ExecutorNode<E> {
    fn new(name: &'static str, description: &'static str, run: Run<E>) -> Self {
        Self {
            name,
            description,
            run,
            needs: Vec::new(),
            retry: None,
            timeout: None,
            concurrency: None,
            state: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// What it takes by reference; its own context is always there.
    #[must_use]
    pub fn needs(mut self, all: &[Option<ResourceNeed>]) -> Self {
        self.needs = durable_task::__private::needs(all);
        let context = TypeId::of::<WorkflowContext<E>>();
        self.needs.retain(|need| (need.type_id)() != context);
        self
    }

    /// How it is repeated when it fails.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How many runs of it may be under way at once.
    #[must_use]
    pub fn concurrency(mut self, limit: u32) -> Self {
        self.concurrency = usize::try_from(limit).ok();
        self
    }

    /// It reads a slot.
    #[must_use]
    pub fn reads<X: 'static>(mut self) -> Self
    where
        E: Reads<X>,
    {
        let check = |context: &WorkflowContext<E>, name: &str| {
            context.check::<X>(name, Access::Reads, <E as Reads<X>>::CODEC)
        };
        self.checks.push(check);
        self.uses::<X>(Access::Reads)
    }

    /// It reads a slot if it is set.
    #[must_use]
    pub fn may_read<X: 'static>(mut self) -> Self
    where
        E: MayRead<X>,
    {
        let check = |context: &WorkflowContext<E>, name: &str| {
            context.check::<X>(name, Access::MayRead, <E as MayRead<X>>::CODEC)
        };
        self.checks.push(check);
        self.uses::<X>(Access::MayRead)
    }

    /// It always sets a slot.
    #[must_use]
    pub fn writes<X: 'static>(self) -> Self
    where
        E: Writes<X>,
    {
        self.uses::<X>(Access::Writes)
    }

    /// It may set a slot.
    #[must_use]
    pub fn may_write<X: 'static>(self) -> Self
    where
        E: Writes<X>,
    {
        self.uses::<X>(Access::MayWrite)
    }

    fn uses<X: 'static>(mut self, access: Access) -> Self {
        self.state.push(SlotUse {
            type_id: TypeId::of::<X>,
            type_name: type_name::<X>,
            access,
        });
        self
    }

    /// The node as a value.
    pub fn definition(self) -> NodeDefinition {
        let (name, run) = (self.name, self.run);
        let (checks, uses): (Arc<[_]>, Arc<[_]>) = (self.checks.into(), self.state.clone().into());
        let code = move |call: NodeCall| -> BoxFuture<'static, _> {
            let context = Arc::new(WorkflowContext::<E>::new(call));
            let (run, checks, uses) = (Arc::clone(&run), Arc::clone(&checks), Arc::clone(&uses));
            Box::pin(async move {
                for check in &*checks {
                    check(&context, name)?;
                }
                let returned = run(Arc::clone(&context)).await?;
                let mut answer = context.finish(name, &uses)?;
                answer.messages.extend(returned);
                Ok(answer)
            })
        };
        NodeDefinition {
            name,
            description: self.description,
            type_id: TypeId::of::<E>(),
            type_name: type_name::<E>(),
            code: NodeCode::Executor(ExecutorDefinition {
                run: Arc::new(code),
                needs: self.needs,
                retry: self.retry,
                timeout: self.timeout,
                concurrency: self.concurrency,
                state: self.state,
            }),
        }
    }
}

impl<E> fmt::Debug for ExecutorNode<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutorNode")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// An argument that is lent: the executor's own context, or what the application registered.
pub fn lend<'a, T: ?Sized + 'static, E: 'static>(
    resource: &Resource<T>,
    context: &'a WorkflowContext<E>,
) -> Result<&'a T, Failure> {
    match resource.of(context) {
        Some(value) => Ok(value),
        None => resource.lend(context.activity()),
    }
}

/// The context of an executor that runs as an activity, where no argument is a `WorkflowContext`.
pub fn alone<E>(activity: ActivityContext) -> Arc<WorkflowContext<E>> {
    let (node, instance) = (
        activity.name().to_owned(),
        activity.instance_id().to_string(),
    );
    let place = Place {
        workflow: String::new(),
        node,
        instance: instance.clone(),
        root_instance: instance,
        root_workflow: String::new(),
        request_prefix: String::new(),
        round: 0,
    };
    let nothing = Message::from_raw(RawValue::NULL.to_owned());
    Arc::new(WorkflowContext::new(NodeCall::new(
        nothing, place, activity,
    )))
}

/// What an executor with `sends(..)` may return beside its messages.
#[diagnostic::on_unimplemented(
    message = "an executor with `sends(..)` cannot return `{Self}` [AGT708]",
    label = "expected `Result<(), E>`",
    note = "give each message to `ctx.send(..)`, or remove `sends(..)` and return the message"
)]
pub trait Nothing {}

#[diagnostic::do_not_recommend]
impl<T: Unit> Nothing for T {}

/// See [`Nothing`], whose text would name this type if it had the implementation itself.
pub trait Unit {}

impl Unit for () {}

/// The outcome of an executor that sends its messages.
pub fn nothing<O: Nothing>(outcome: Result<O, Failure>) -> Result<(), Failure> {
    outcome.map(|_| ())
}

/// Looks at the type of an argument: whether it is a [`WorkflowContext`], also by another name.
///
/// The constants and functions of the inherent `impl` are taken before those of [`OtherArgument`].
pub struct ContextProbe<T: ?Sized, E>(PhantomData<fn(&T, E)>);

impl<T: ?Sized, E> fmt::Debug for ContextProbe<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContextProbe")
    }
}

impl<C, E> ContextProbe<WorkflowContext<C>, E> {
    /// It is there only in a workflow.
    pub const IN_WORKFLOW: bool = true;

    /// It must be the executor's own.
    pub fn check()
    where
        C: ContextOf<E>,
    {
    }
}

/// See [`ContextProbe`].
pub trait OtherArgument {
    /// It is there in activities too.
    const IN_WORKFLOW: bool = false;

    /// Nothing to check.
    fn check() {}
}

impl<T: ?Sized, E> OtherArgument for ContextProbe<T, E> {}

/// The executor that a context names.
#[diagnostic::on_unimplemented(
    message = "`WorkflowContext<{Self}>` is not the context of executor `{E}` [AGT709]",
    label = "this is the context of another executor",
    note = "write `ctx: &WorkflowContext<{E}>`: it holds what `{E}` declares"
)]
pub trait ContextOf<E> {}

#[diagnostic::do_not_recommend]
impl<E> ContextOf<E> for E {}

/// An executor as an activity: it is none if it needs a workflow around it. The lifetime makes the
/// bound one that is checked where the activity is used.
#[derive(Debug)]
pub struct Alone<'a, const IN_WORKFLOW: bool>(PhantomData<&'a ()>);

/// An executor that can be called as an activity.
#[diagnostic::on_unimplemented(
    message = "executor `{E}` runs only in a workflow [AGT710]",
    label = "it declares state, messages or outputs, or takes a `WorkflowContext`",
    note = "make it a node: `#[workflow]`; an orchestrator calls executors that have none of these"
)]
pub trait RunsAlone<E> {}

#[diagnostic::do_not_recommend]
impl<E> RunsAlone<E> for Alone<'_, false> {}

/// What an executor can add to the outputs of a run.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be yielded by an executor [AGT712]",
    label = "outputs are kept in the history of the run, as JSON",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`"
)]
pub trait Yielded {
    /// Nothing; where it is named, the type has to be so.
    const FITS: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: durable_task::Payload> Yielded for T {}

/// Looks at a slot that a function sets: whether it is declared, by whatever name.
///
/// The constant of the inherent `impl` is taken before that of [`OtherSlot`].
#[derive(Debug)]
pub struct WriteProbe<X: ?Sized, E>(PhantomData<fn(&X, E)>);

impl<X, E: Writes<X>> WriteProbe<X, E> {
    /// It is declared.
    pub const IS_UNDECLARED: bool = false;
}

/// See [`WriteProbe`].
pub trait OtherSlot {
    /// It is not.
    const IS_UNDECLARED: bool = true;
}

impl<X: ?Sized, E> OtherSlot for WriteProbe<X, E> {}
