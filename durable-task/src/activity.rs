//! Activities: the units of work that touch the world.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::wire::proto::ActivityRequest;
use crate::{ExecutionId, Failure, InstanceId, Payload, Resources, RetryPolicy};

/// Why an activity failed; [`Failure::non_retriable`] keeps retry policies away from it.
pub type ActivityError = Failure;

/// An activity as a type: it does what an orchestrator must not, and runs at least once.
///
/// The value itself holds what it needs, such as a client of a database.
///
/// ```
/// use durable_task::{Activity, ActivityContext, ActivityError, Registry};
///
/// struct Hello {
///     greeting: String,
/// }
///
/// impl Activity for Hello {
///     const NAME: &'static str = "hello";
///     type Input = String;
///     type Output = String;
///
///     async fn run(&self, _: ActivityContext, name: String) -> Result<String, ActivityError> {
///         Ok(format!("{}, {name}!", self.greeting))
///     }
/// }
///
/// let mut registry = Registry::new();
/// registry.activity(Hello { greeting: "Hello".into() })?;
/// # Ok::<(), durable_task::RegistryError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an activity [AGT405]",
    label = "neither a function with `#[executor]` nor a type that implements `Activity`",
    note = "annotate the function with `#[executor]`"
)]
pub trait Activity: Send + Sync + 'static {
    /// Its registered name.
    const NAME: &'static str;
    /// What it is called with.
    type Input: Payload + Send;
    /// What it returns.
    type Output: Payload + Send;
    /// How long one attempt may take: then its token is cancelled, it is dropped where it awaits,
    /// and it fails as `Timeout`, which a retry may cure. `None` sets no limit.
    const TIMEOUT: Option<Duration> = None;

    /// How orchestrators repeat it when it fails, unless the call says otherwise.
    fn retry() -> Option<RetryPolicy> {
        None
    }

    /// Runs it.
    fn run(
        &self,
        ctx: ActivityContext,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, ActivityError>> + Send;
}

/// Who an activity runs for. A clone is the same context.
#[derive(Clone)]
pub struct ActivityContext {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    instance: InstanceId,
    execution: ExecutionId,
    task_id: i32,
    cancelled: CancellationToken,
    resources: Arc<Resources>,
    /// Why this worker does not do it.
    given_back: OnceLock<String>,
}

impl ActivityContext {
    pub(crate) fn new(
        request: &mut ActivityRequest,
        cancelled: CancellationToken,
        resources: Arc<Resources>,
    ) -> Self {
        let orchestration = request.orchestration_instance.take().unwrap_or_default();
        let name = std::mem::take(&mut request.name);
        let instance = InstanceId::from_stored(orchestration.instance_id);
        let execution = ExecutionId::new(orchestration.execution_id.unwrap_or_default());
        let call = (instance, execution, request.task_id);
        Self::of_call(name, call, cancelled, resources)
    }

    /// For the call that an execution of an instance made under a number.
    pub(crate) fn of_call(
        name: String,
        (instance, execution, task_id): (InstanceId, ExecutionId, i32),
        cancelled: CancellationToken,
        resources: Arc<Resources>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                name,
                instance,
                execution,
                task_id,
                cancelled,
                resources,
                given_back: OnceLock::new(),
            }),
        }
    }

    /// The name under which the activity is registered.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The orchestration that called.
    pub fn instance_id(&self) -> &InstanceId {
        &self.inner.instance
    }

    /// The generation of that orchestration.
    pub fn execution_id(&self) -> &ExecutionId {
        &self.inner.execution
    }

    /// The number of the call in that execution.
    pub fn task_id(&self) -> i32 {
        self.inner.task_id
    }

    /// `{instance}:{execution}:{task}`: the same whenever this call is run again after a crash, and
    /// different for any other call. Hand it to whatever can recognise a repeated request.
    ///
    /// An attempt that a retry policy makes is another call, with another key. But an attempt that
    /// has failed may have had its effect all the same: its time was over, or the connection broke
    /// before the answer. Where that matters, let the orchestrator make one key for all attempts,
    /// with [`new_uuid`](crate::OrchestrationContext::new_uuid), and send it with the input.
    pub fn idempotency_key(&self) -> String {
        let Inner {
            instance,
            execution,
            task_id,
            ..
        } = &*self.inner;
        format!("{instance}:{execution}:{task_id}")
    }

    /// Cancelled when nobody wants the result any more: the orchestration was terminated, the time
    /// limit of the activity has passed, or the process shuts down. An
    /// activity that goes on regardless is dropped: at its own limit at once, else after a
    /// grace period.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.inner.cancelled
    }

    /// Gives the call back to the hub, with a reason: this program can't do it, and another one
    /// can. What the activity returns then counts for nothing. The call waits, as for code that no
    /// worker has, and is tried again later; its instance stays as it is.
    pub fn give_back(&self, reason: impl Into<String>) {
        // The first reason counts.
        let _ = self.inner.given_back.set(reason.into());
    }

    pub(crate) fn given_back(&self) -> Option<&str> {
        self.inner.given_back.get().map(String::as_str)
    }

    /// A value that was registered with [`Registry::resource`](crate::Registry::resource).
    pub fn resource<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.inner.resources.get()
    }
}

impl fmt::Debug for ActivityContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityContext")
            .field("name", &self.inner.name)
            .field("instance", &self.inner.instance)
            .field("task_id", &self.inner.task_id)
            .finish_non_exhaustive()
    }
}
