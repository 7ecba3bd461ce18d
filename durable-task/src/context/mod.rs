//! What an orchestrator can do: the operations of [`OrchestrationContext`].

mod call;
mod child;
mod combine;
mod complete;
mod entity;
mod event;
mod lock;
mod retry;
mod timer;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::Location;

use serde::Serialize;
use uuid::Uuid;

use crate::episode::Handle;
use crate::{ExecutionId, InstanceId, OrchestrationError, Payload, Timestamp, json};

pub use call::ActivityCall;
pub use child::SubOrchestrationCall;
pub use combine::{Either, JoinAll, Race, Select};
pub use complete::ContinueAsNew;
pub use entity::EntityCall;
pub use event::{Event, EventOrTimeout, EventWait};
pub use lock::{LockGuard, LockRequest};
pub use retry::RetryPolicy;
pub use timer::Sleep;

/// An orchestrator: a function of its input and its history, as a type.
///
/// `run` is executed again from the start whenever its history is replayed. So it must be
/// deterministic: it takes time, ids and random numbers from its context, and leaves everything
/// that touches the world to activities.
///
/// ```
/// use durable_task::{OrchestrationContext, OrchestrationError, Orchestrator, Registry};
///
/// struct Greet;
///
/// impl Orchestrator for Greet {
///     const NAME: &'static str = "greet";
///     type Input = String;
///     type Output = String;
///
///     async fn run(
///         ctx: OrchestrationContext,
///         name: String,
///     ) -> Result<String, OrchestrationError> {
///         ctx.call_activity("hello", &name).await
///     }
/// }
///
/// let mut registry = Registry::new();
/// registry.orchestrator::<Greet>()?;
/// # Ok::<(), durable_task::RegistryError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an orchestrator [AGT305]",
    label = "neither a function with `#[orchestrator]` nor a type that implements `Orchestrator`",
    note = "annotate the function with `#[orchestrator]`"
)]
pub trait Orchestrator: 'static {
    /// Its registered name.
    const NAME: &'static str;
    /// Its version; empty for none.
    const VERSION: &'static str = "";
    /// What it is started with.
    type Input: Payload;
    /// What it returns.
    type Output: Payload;

    /// Runs it.
    fn run(
        ctx: OrchestrationContext,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, OrchestrationError>> + 'static;
}

/// What an orchestrator works with. A clone is the same context.
///
/// It is not `Send`: it can't escape into a task or a thread.
#[derive(Clone)]
pub struct OrchestrationContext {
    state: Handle,
}

impl OrchestrationContext {
    pub(crate) fn new(state: Handle) -> Self {
        Self { state }
    }

    /// The id of this orchestration.
    pub fn instance_id(&self) -> InstanceId {
        self.state.borrow().identity.instance.clone()
    }

    /// The generation of this orchestration; continue-as-new begins another.
    pub fn execution_id(&self) -> ExecutionId {
        self.state.borrow().identity.execution.clone()
    }

    /// The name under which the orchestrator is registered.
    pub fn name(&self) -> String {
        self.state.borrow().identity.name.clone()
    }

    /// The version that runs; empty for none.
    pub fn version(&self) -> String {
        self.state.borrow().identity.version.clone()
    }

    /// The orchestration that started this one, if any.
    pub fn parent(&self) -> Option<InstanceId> {
        self.state.borrow().identity.parent.clone()
    }

    /// The labels that it was started with, and those that it has from its parent.
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.state.borrow().identity.tags.clone()
    }

    /// The recorded time of this episode. The same on every replay; never goes back.
    pub fn now(&self) -> Timestamp {
        self.state.borrow().now()
    }

    /// A new id that is the same on every replay.
    pub fn new_uuid(&self) -> Uuid {
        self.state.borrow_mut().guid()
    }

    /// A random number that is the same on every replay. Not for secrets: it can be computed from
    /// the ids of the instance.
    pub fn random(&self) -> u64 {
        self.state.borrow_mut().random()
    }

    /// Whether the code repeats what it did before. For side effects such as logs only: anything
    /// that depends on it otherwise is not deterministic.
    pub fn is_replaying(&self) -> bool {
        self.state.borrow().is_replaying()
    }

    /// Writes a log line (`tracing`, level info) that a replay does not repeat.
    pub fn log(&self, message: impl fmt::Display) {
        if !self.is_replaying() {
            let (instance, orchestrator) = (self.instance_id(), self.name());
            tracing::info!(%instance, orchestrator, "{message}");
        }
    }

    /// Says where the orchestration stands, for whoever looks. It holds until it is set again.
    ///
    /// A status of more than
    /// [`CUSTOM_STATUS_UTF16_BYTES_MAX`](crate::CUSTOM_STATUS_UTF16_BYTES_MAX), or one that can't
    /// be written as JSON, fails the orchestration.
    pub fn set_custom_status(&self, status: impl Serialize) {
        match json::encode(|| String::from("the custom status"), &status) {
            Ok(text) => self.state.borrow_mut().set_custom_status(text),
            Err(error) => self.state.borrow_mut().misuse(error.into()),
        }
    }

    /// Sends an external event to another orchestration. One that does not exist or has ended
    /// drops it.
    #[track_caller]
    pub fn send_event(
        &self,
        instance: &InstanceId,
        name: impl Into<String>,
        payload: &(impl Serialize + ?Sized),
    ) -> Result<(), OrchestrationError> {
        let at = Location::caller();
        let name = name.into();
        let data = json::encode(|| format!("the payload of event `{name}`"), payload)?;
        self.state.borrow_mut().send_event(instance, name, data, at);
        Ok(())
    }

    /// Terminates a sub-orchestration, and those that it started.
    #[track_caller]
    pub fn terminate_child(&self, instance: &InstanceId, reason: impl Into<String>) {
        let at = Location::caller();
        // The reason becomes the child's output, which is JSON.
        let reason = serde_json::Value::from(reason.into()).to_string();
        self.state
            .borrow_mut()
            .terminate(instance, Some(reason), at);
    }
}

impl fmt::Debug for OrchestrationContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrchestrationContext")
            .field("instance", &self.state.borrow().identity.instance)
            .finish_non_exhaustive()
    }
}
