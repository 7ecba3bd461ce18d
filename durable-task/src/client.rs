//! What a program asks of a hub: start, observe, signal, remove.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::wire::proto::{HistoryEvent, TraceContext};
use crate::{EntityId, ExecutionId, Failure, InstanceId, Timestamp};

/// Where an orchestration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Started, no episode has run.
    Pending,
    /// Episodes run or wait.
    Running,
    /// Held back until resumed.
    Suspended,
    /// Ended with a result.
    Completed,
    /// Ended with a failure.
    Failed,
    /// Ended from outside.
    Terminated,
    /// Ended by its own cancellation (written by other SDKs).
    Canceled,
    /// Gone on as a new execution (short-lived; written by other SDKs).
    ContinuedAsNew,
}

impl Status {
    /// Whether nothing more will happen to the instance by itself.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Terminated | Self::Canceled
        )
    }
}

/// The start of an orchestration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRequest {
    /// The id it will have.
    pub instance_id: InstanceId,
    /// The orchestrator's registered name.
    pub name: String,
    /// Its version; `None` takes the newest that the worker has.
    pub version: Option<String>,
    /// Its input as JSON text.
    pub input: Option<String>,
    /// Not before this time.
    pub scheduled_at: Option<Timestamp>,
    /// Searchable labels.
    pub tags: BTreeMap<String, String>,
    /// Which earlier instances of this id may be replaced. Empty: none.
    pub replaceable: Vec<Status>,
    /// The id of its first execution; `None` lets the hub choose.
    pub execution_id: Option<ExecutionId>,
    /// The span that it belongs to, in the form of W3C trace context.
    pub trace_context: Option<TraceContext>,
}

impl StartRequest {
    /// A start with nothing but a name and an id.
    pub fn new(name: impl Into<String>, instance_id: InstanceId) -> Self {
        Self {
            instance_id,
            name: name.into(),
            version: None,
            input: None,
            scheduled_at: None,
            tags: BTreeMap::new(),
            replaceable: Vec::new(),
            execution_id: None,
            trace_context: None,
        }
    }

    /// Sets the input, as JSON text.
    #[must_use]
    pub fn input_json(mut self, input: impl Into<String>) -> Self {
        self.input = Some(input.into());
        self
    }
}

/// One orchestration, as its hub knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceState {
    /// Its id.
    pub instance_id: InstanceId,
    /// The generation that the rest of this is about.
    pub execution_id: ExecutionId,
    /// The orchestrator's name.
    pub name: String,
    /// The orchestrator's version; empty for none.
    pub version: String,
    /// Where it stands.
    pub status: Status,
    /// Whether it, or an activity that it has called, waits for code that no worker has.
    pub parked: bool,
    /// Its input, if fetched.
    pub input: Option<String>,
    /// Its result, if fetched and there is one.
    pub output: Option<String>,
    /// How it failed.
    pub failure: Option<Failure>,
    /// What it last said of itself, as JSON text.
    pub custom_status: Option<String>,
    /// Who started it.
    pub parent: Option<InstanceId>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When its last commit was made.
    pub updated_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// When it was asked to begin.
    pub scheduled_at: Option<Timestamp>,
}

/// One entity, as its hub knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityMetadata {
    /// Which one.
    pub id: EntityId,
    /// Its state as JSON text, if asked for and there is one.
    pub state: Option<String>,
    /// When it last changed.
    pub modified_at: Timestamp,
    /// Messages that wait: operations and lock requests.
    pub backlog: usize,
    /// Who holds its lock.
    pub locked_by: Option<InstanceId>,
}

/// Whether to fetch what can be large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// Without input and output.
    Metadata,
    /// With input and output.
    Payloads,
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitFor {
    /// The first episode.
    Start,
    /// A terminal status.
    Completion,
}

/// Which instances a query lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceFilter {
    /// Any of these; empty for all.
    pub statuses: Vec<Status>,
    /// Created at or after.
    pub created_from: Option<Timestamp>,
    /// Created before.
    pub created_to: Option<Timestamp>,
    /// Completed at or after.
    pub completed_from: Option<Timestamp>,
    /// Completed before.
    pub completed_to: Option<Timestamp>,
    /// The orchestrator's name.
    pub name: Option<String>,
    /// The beginning of the id.
    pub id_prefix: Option<String>,
    /// Children of this instance.
    pub parent: Option<InstanceId>,
    /// Labels that all have to be there.
    pub tags: BTreeMap<String, String>,
}

/// Which entities a query lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityFilter {
    /// The beginning of the id, `@name@key`, without case in the name; `None` for all.
    pub id_prefix: Option<String>,
    /// Changed at or after.
    pub modified_from: Option<Timestamp>,
    /// Changed before.
    pub modified_to: Option<Timestamp>,
    /// Whether to list entities without a state: locked ones, and ones with waiting messages.
    pub include_transient: bool,
}

/// What is removed from entities that nobody needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EntityCleaning {
    /// Forget entities that have neither state, nor lock, nor waiting messages.
    pub remove_empty: bool,
    /// Release locks whose holder has ended or is gone.
    pub release_orphaned_locks: bool,
}

/// What a cleaning did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntitiesCleaned {
    /// How many entities were forgotten.
    pub removed: u64,
    /// How many locks were released.
    pub released: u64,
    /// Goes into the next request; `None` at the end.
    pub next: Option<String>,
}

/// How far a purge by filter came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// How many instances were removed.
    pub removed: u64,
    /// Whether none that matches is left. If not, ask again.
    pub complete: bool,
}

/// A part of a history.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistoryPart {
    /// In order.
    pub events: Vec<HistoryEvent>,
    /// Goes into the next request; `None` at the end.
    pub next: Option<u64>,
    /// Where the part ends: goes into a later request, for what has been added since.
    pub end: u64,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// At most as many as asked for.
    pub items: Vec<T>,
    /// Goes into the next request; `None` at the end.
    pub next: Option<String>,
}

/// Why a hub did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The id is taken, and the request did not allow to replace it. Final.
    #[error("instance `{instance}` exists already")]
    AlreadyExists {
        /// Which one.
        instance: InstanceId,
    },
    /// There is no such instance. Final.
    #[error("instance `{instance}` was not found")]
    NotFound {
        /// Which one.
        instance: InstanceId,
    },
    /// The instance is in a state in which this can't be done. Final.
    #[error("instance `{instance}` can't be {operation}: it is {status:?}")]
    InvalidState {
        /// Which one.
        instance: InstanceId,
        /// What was asked, as a participle.
        operation: &'static str,
        /// Where it stands.
        status: Status,
    },
    /// The request itself is wrong. Final.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which part of it.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A limit was hit. A retry helps once there is room again.
    #[error("{limit} is reached ({value})")]
    Limit {
        /// The limit's name.
        limit: &'static str,
        /// Its value.
        value: u64,
    },
    /// The hub could not make it durable or answer. A retry may help; the request may have been
    /// done.
    #[error("the hub is unavailable: {reason}")]
    Unavailable {
        /// What failed.
        reason: String,
    },
    /// This backend has no such operation. Final.
    #[error("this backend can't {operation}")]
    Unsupported {
        /// What was asked.
        operation: &'static str,
    },
}

impl ClientError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Limit { .. } | Self::Unavailable { .. })
    }
}

/// Tells whenever something about an instance has become durable. Made by [`Client::watch`].
pub struct Changes {
    changed: Arc<Notify>,
    /// Keeps the place in the hub's list.
    _place: Box<dyn Any + Send + Sync>,
}

impl Changes {
    /// For hubs: what is told, and what keeps the place among those that are told.
    pub fn new(changed: Arc<Notify>, place: impl Any + Send + Sync) -> Self {
        Self {
            changed,
            _place: Box::new(place),
        }
    }

    /// Ends at the next change: call it, look at the instance, then await it, and no change is
    /// missed.
    pub fn next(&self) -> impl Future<Output = ()> + Send + '_ {
        self.changed.notified()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

/// What programs ask of a hub. Every call that changes something returns only when the change is
/// durable. Dropping a returned future cancels the waiting, never the work.
#[async_trait]
pub trait Client: Send + Sync + 'static {
    /// Starts an orchestration.
    async fn start(&self, request: StartRequest) -> Result<ExecutionId, ClientError>;
    /// Reads an instance.
    async fn get(
        &self,
        instance: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, ClientError>;
    /// Waits until the instance has come so far, at most for `timeout`; then the state as it is.
    /// By notification where the backend notifies.
    async fn wait(
        &self,
        instance: &InstanceId,
        until: WaitFor,
        timeout: Duration,
    ) -> Result<InstanceState, ClientError>;
    /// Asks to be told of changes of an instance. `None` where the backend does not notify: look
    /// again from time to time.
    fn watch(&self, _instance: &InstanceId) -> Option<Changes> {
        None
    }
    /// Sends an external event; an event to an instance that has ended is dropped by the hub.
    async fn raise_event(
        &self,
        instance: &InstanceId,
        name: &str,
        input: Option<String>,
    ) -> Result<(), ClientError>;
    /// Ends an instance from outside, with its children where `recursive`.
    async fn terminate(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
        recursive: bool,
    ) -> Result<(), ClientError>;
    /// Holds an instance back.
    async fn suspend(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError>;
    /// Lets a suspended instance go on.
    async fn resume(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError>;
    /// Removes an ended instance and all it wrote; with its children where `recursive`. Returns how
    /// many instances were removed.
    async fn purge(&self, instance: &InstanceId, recursive: bool) -> Result<u64, ClientError>;
    /// Removes ended instances that a filter selects, in small commits, at most for `time`.
    async fn purge_matching(
        &self,
        filter: &InstanceFilter,
        time: Duration,
    ) -> Result<Purged, ClientError>;
    /// Takes a failed instance back to before its failures, which are then tried again, in its
    /// failed children too.
    async fn rewind(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError>;
    /// Starts an ended orchestration once more from its input, under its own id (whose state is
    /// replaced) or a new one. Returns the id.
    async fn restart(
        &self,
        instance: &InstanceId,
        new_instance_id: bool,
    ) -> Result<InstanceId, ClientError>;
    /// Lists instances, oldest first.
    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, ClientError>;
    /// The history of the current execution.
    async fn history(&self, instance: &InstanceId) -> Result<Vec<HistoryEvent>, ClientError>;
    /// A part of the history of an execution (`None`: the current one), from the beginning or from
    /// where the part before ended.
    async fn history_part(
        &self,
        instance: &InstanceId,
        execution: Option<&ExecutionId>,
        from: Option<u64>,
    ) -> Result<HistoryPart, ClientError>;
    /// Sends a one-way operation to an entity, at a later time if `at` is given.
    async fn signal_entity(
        &self,
        entity: &EntityId,
        operation: &str,
        input: Option<String>,
        at: Option<Timestamp>,
    ) -> Result<(), ClientError>;
    /// Reads an entity. `None` if nothing is known of it: no state, no lock, no waiting message.
    async fn get_entity(
        &self,
        entity: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, ClientError>;
    /// Lists entities, in the order of their ids.
    async fn query_entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, ClientError>;
    /// Removes what nobody needs of entities, one page at a time.
    async fn clean_entities(
        &self,
        cleaning: EntityCleaning,
        token: Option<&str>,
    ) -> Result<EntitiesCleaned, ClientError>;
}
