//! The seam between a worker and whatever engine gives it work.
//!
//! Every backend hands out the same three work items and takes back the same three answers. An
//! engine calls [`WorkHandler::dispatch`]; the worker answers through the item's [`Completer`].

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::wire::proto::{
    ActivityRequest, ActivityResponse, EntityBatchRequest, EntityBatchResult,
    OrchestrationInstance, OrchestratorRequest, OrchestratorResponse,
};

/// One unit of work.
#[derive(Debug)]
pub struct WorkItem {
    /// What to do.
    pub request: WorkRequest,
    /// How to answer. Dropping it unanswered gives the item back.
    pub completer: Completer,
    /// Cancelled when the answer is no longer wanted (termination, shutdown past its deadline).
    pub cancelled: CancellationToken,
}

/// What a work item asks for.
#[derive(Debug)]
pub enum WorkRequest {
    /// Run an episode.
    Orchestrator {
        /// The request. Where `warm` is set, its `past_events` are empty.
        request: OrchestratorRequest,
        /// Only new events were sent, because the engine believes that this worker holds the
        /// session. A worker that does not hold it answers with `requires_history`. A request that
        /// is not warm replaces any session the worker holds.
        warm: bool,
    },
    /// Run an activity. Its idempotency key is `{instance}:{execution}:{task}`.
    Activity(ActivityRequest),
    /// Run a batch of entity operations.
    Entity {
        /// The state and the operations.
        request: EntityBatchRequest,
        /// Who waits for each operation, in their order; `None` for a signal.
        callers: Vec<Option<OrchestrationInstance>>,
    },
}

/// The answer to a work item, of the same kind as its request.
#[derive(Debug)]
pub enum WorkAnswer {
    /// The outcome of an episode.
    Orchestrator {
        /// Actions, custom status; `requires_history` where a warm request met no session.
        response: OrchestratorResponse,
        /// Whether the worker keeps the session warm, so that the next request may leave out the
        /// past.
        warm: bool,
    },
    /// The outcome of an activity.
    Activity(ActivityResponse),
    /// The outcome of a batch of operations.
    Entity(EntityBatchResult),
    /// The worker can't do it now (no code for this name or version, shutting down): give it out
    /// again later. Dropping the completer means the same, with no reason.
    Abandoned {
        /// Why, for people.
        reason: String,
    },
}

/// Takes exactly one answer to the engine.
pub struct Completer(Option<Deliver>);

type Deliver = Box<dyn FnOnce(WorkAnswer, Option<Kept>) + Send>;

/// Where an engine says that an answer is durable, or that it was too late and changes nothing.
/// Dropped without a word, it says that the answer was lost: the item is given out again.
pub type Kept = oneshot::Sender<()>;

impl Completer {
    /// A completer that calls `deliver` once. `deliver` must not block.
    pub fn new(deliver: impl FnOnce(WorkAnswer) + Send + 'static) -> Self {
        Self::keeping(move |answer, kept| {
            deliver(answer);
            if let Some(kept) = kept {
                // Whoever answered may not want to know.
                let _ = kept.send(());
            }
        })
    }

    /// A completer of an engine that says when it has kept the answer. `deliver` must not block.
    pub fn keeping(deliver: impl FnOnce(WorkAnswer, Option<Kept>) + Send + 'static) -> Self {
        Self(Some(Box::new(deliver)))
    }

    /// Answers the work item.
    pub fn complete(mut self, answer: WorkAnswer) {
        if let Some(deliver) = self.0.take() {
            deliver(answer, None);
        }
    }

    /// Answers the work item. What it returns resolves when the answer is durable, or was too late
    /// and changes nothing; to an error if the engine has lost it and gives the item out again.
    pub fn complete_durably(mut self, answer: WorkAnswer) -> oneshot::Receiver<()> {
        let (kept, is_kept) = oneshot::channel();
        if let Some(deliver) = self.0.take() {
            deliver(answer, Some(kept));
        }
        is_kept
    }
}

impl Drop for Completer {
    fn drop(&mut self) {
        if let Some(deliver) = self.0.take() {
            let reason = String::from("the worker dropped the item");
            deliver(WorkAnswer::Abandoned { reason }, None);
        }
    }
}

impl std::fmt::Debug for Completer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Completer")
    }
}

/// What a worker takes, of one kind of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepts<T> {
    /// Whatever there is: it does not say what it has code for.
    Everything,
    /// These and nothing else.
    Only(Vec<T>),
}

impl<T> Default for Accepts<T> {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

/// What a worker can run, and how much of it at once.
#[derive(Debug, Clone, Default)]
pub struct WorkerProfile {
    /// Orchestrators with the versions that have code.
    pub orchestrators: Accepts<NameAndVersion>,
    /// Activities with the versions that have code.
    pub activities: Accepts<NameAndVersion>,
    /// Entities by lower-cased name.
    pub entities: Accepts<EntityProfile>,
    /// How many episodes may be handed over and not answered.
    pub orchestrations_max: usize,
    /// How many activities may be handed over and not answered.
    pub activities_max: usize,
    /// How many entity batches may be handed over and not answered.
    pub entities_max: usize,
    /// Whether its work leaves the process. Handing over an item is then an effect: the messages in
    /// it are durable before, it has the whole history, and no episode runs ahead of the store.
    pub remote: bool,
    /// How many bytes of new events, or of operations of an entity, an item for it may carry, if
    /// there is more than one. `None`: what the hub finds reasonable, which is also the most.
    pub events_bytes_max: Option<usize>,
}

/// An orchestrator or activity that has code here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAndVersion {
    /// Its registered name.
    pub name: String,
    /// Its version, empty for none; `None` takes every version.
    pub version: Option<String>,
}

/// An entity that has code here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityProfile {
    /// Its lower-cased name.
    pub name: String,
    /// Whether its operations run without await and without effects, so that an engine may run them
    /// before the messages that led to them are durable.
    pub synchronous: bool,
}

/// A worker, as an engine sees it.
pub trait WorkHandler: Send + Sync + 'static {
    /// What it runs.
    fn profile(&self) -> WorkerProfile;
    /// Hands over one item. It returns at once: the engine's loop calls it.
    fn dispatch(&self, item: WorkItem);
    /// Whether it takes another item now, whatever its profile says. One that said no tells the
    /// engine when that has changed.
    fn has_room(&self) -> bool {
        true
    }
}
