//! What passes between engine and store.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::wire::proto::{
    ActivityRequest, ParentInstanceInfo, TaskFailureDetails, TraceContext,
};
use durable_task::{ExecutionId, InstanceId, Status, Timestamp};
use serde::{Deserialize, Serialize};

/// All that becomes durable together. `docs/storage.md` has the order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commit {
    /// Instances and entities that are removed with all their rows, before anything else.
    pub purged: Vec<InstanceId>,
    /// Orchestrations, each at most once.
    pub instances: Vec<InstanceWrite>,
    /// Entities, each at most once.
    pub entities: Vec<EntityWrite>,
    /// Tasks that are no longer open.
    pub tasks_closed: Vec<u64>,
    /// Tasks that are open now.
    pub tasks_opened: Vec<Arc<TaskRow>>,
    /// Timers that have fired or are not wanted any more.
    pub timers_closed: Vec<u64>,
    /// New timers.
    pub timers_opened: Vec<TimerRow>,
    /// Messages that were taken in.
    pub messages_removed: Vec<u64>,
    /// Messages that wait.
    pub messages_added: Vec<MessageRow>,
    /// Output streamed by runs.
    pub stream_chunks: Vec<StreamChunk>,
}

impl Commit {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.purged.is_empty()
            && self.instances.is_empty()
            && self.entities.is_empty()
            && self.tasks_closed.is_empty()
            && self.tasks_opened.is_empty()
            && self.timers_closed.is_empty()
            && self.timers_opened.is_empty()
            && self.messages_removed.is_empty()
            && self.messages_added.is_empty()
            && self.stream_chunks.is_empty()
    }
}

/// What changes only when an execution begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The instance.
    pub instance_id: InstanceId,
    /// Its current execution.
    pub execution_id: ExecutionId,
    /// How many executions came before.
    pub generation: u64,
    /// The orchestrator.
    pub name: String,
    /// Its version; `None` until the first episode decides for the newest.
    pub version: Option<String>,
    /// Whether the hub decided for the version, because the start named none.
    pub version_by_hub: bool,
    /// Who started it.
    pub parent: Option<ParentInstanceInfo>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// When the instance was started.
    pub created_at: Timestamp,
    /// When it was asked to begin.
    pub scheduled_at: Option<Timestamp>,
    /// The span that it belongs to.
    pub trace_context: Option<TraceContext>,
}

impl Identity {
    /// The id of the instance that started it.
    pub fn parent_id(&self) -> Option<&str> {
        let parent = self.parent.as_ref()?;
        Some(&parent.orchestration_instance.as_ref()?.instance_id)
    }
}

/// An instance that has ended, as a sweep reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedRow {
    /// Which one.
    pub instance: InstanceId,
    /// Its orchestrator.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// When.
    pub completed_at: Timestamp,
}

/// How large a history is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistorySize {
    /// Rows in the store.
    pub rows: u64,
    /// Events.
    pub events: u64,
    /// Bytes of the events as protobuf.
    pub bytes: u64,
}

/// A lock over one or more entities that an orchestration holds or waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalSection {
    /// Its id, unique within the hub.
    pub id: String,
    /// The entities that are not released yet, in the order in which they are locked.
    pub entities: Vec<String>,
}

/// What changes with each episode.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where it stands.
    pub status: Status,
    /// Whether no worker has code for it.
    pub parked: bool,
    /// What it last said of itself.
    pub custom_status: Option<Arc<str>>,
    /// Locks that it holds or waits for.
    pub locks: Vec<CriticalSection>,
    /// When its last episode was.
    pub updated_at: Timestamp,
    /// How large its history is, with this commit.
    pub history: HistorySize,
}

/// How an instance's row comes to be what the write says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceChange {
    /// There is none yet; or there is one in one of these statuses, and it is replaced.
    Create {
        /// Statuses that may be replaced.
        replace: Vec<Status>,
    },
    /// A new execution began, or a failed one was rewound: what the history was is removed, and so
    /// is the end, if there was one.
    Restart,
    /// The execution goes on; of the identity only what is said about the version, and the
    /// execution of the parent, may have changed.
    Step,
}

/// The end of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// When.
    pub completed_at: Timestamp,
    /// Its result, or the reason of its termination.
    pub output: Option<String>,
    /// How it failed.
    pub failure: Option<TaskFailureDetails>,
}

/// What a commit writes of an orchestration.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceWrite {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// What happens to its row.
    pub change: InstanceChange,
    /// The input of the current execution; only for `Create` and `Restart`.
    pub input: Option<String>,
    /// Where it stands.
    pub step: Step,
    /// What is added to its history.
    pub history: Option<HistoryRow>,
    /// Set in the commit in which it ends.
    pub end: Option<End>,
}

/// What one commit adds to the history of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Its position in the history of the execution, from 0.
    pub row: u64,
    /// How many events it has.
    pub event_count: u64,
    /// A `HistoryChunk` as protobuf.
    pub events: Vec<u8>,
}

/// Who holds an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityLock {
    /// The orchestration.
    pub holder: InstanceId,
    /// Its critical section.
    pub section: String,
}

/// How the state of an entity changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateChange {
    /// Not at all.
    Keep,
    /// From one text to another. A store may write the difference only.
    Replace {
        /// What the store has.
        from: Option<Arc<str>>,
        /// What it has to have afterwards; `None` removes the state.
        to: Option<Arc<str>>,
    },
}

/// What a commit writes of an entity. Without state and lock its row is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityWrite {
    /// `@name@key`.
    pub id: InstanceId,
    /// Its state.
    pub state: StateChange,
    /// Whether it has a state afterwards.
    pub exists: bool,
    /// Who holds it.
    pub lock: Option<EntityLock>,
    /// When it last changed.
    pub modified_at: Timestamp,
}

/// An entity as the engine reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityRow {
    /// Its state as JSON text.
    pub state: Option<Arc<str>>,
    /// Who holds it.
    pub lock: Option<EntityLock>,
    /// When it last changed.
    pub modified_at: Timestamp,
}

/// A message that no episode has taken in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Orders messages.
    pub id: u64,
    /// The instance or entity that it is for.
    pub target: InstanceId,
    /// Only this execution takes it.
    pub execution: Option<ExecutionId>,
    /// The instance that sent it.
    pub sender: Option<InstanceId>,
    /// A `HistoryEvent` as protobuf.
    pub event: Vec<u8>,
}

/// What an open task is.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "almost all are activities")]
pub enum TaskKind {
    /// An activity, with all that a worker needs.
    Activity(ActivityRequest),
    /// A sub-orchestration, by its instance id.
    SubOrchestration(InstanceId),
}

/// An open task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRow {
    /// Orders tasks.
    pub id: u64,
    /// Who waits.
    pub instance: InstanceId,
    /// In which execution.
    pub execution: ExecutionId,
    /// The task's id within the execution.
    pub task_id: i32,
    /// What it is.
    pub kind: TaskKind,
}

/// Something that is due later: a durable timer, or a message that is delivered later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerRow {
    /// Orders timers of the same time.
    pub id: u64,
    /// The instance or entity that it is for.
    pub target: InstanceId,
    /// Only this execution takes it.
    pub execution: Option<ExecutionId>,
    /// A durable timer's id within the execution; `None` for a message.
    pub timer_id: Option<i32>,
    /// When it is due.
    pub fire_at: Timestamp,
    /// The instance that sent the message.
    pub sender: Option<InstanceId>,
    /// The message, a `HistoryEvent` as protobuf.
    pub event: Option<Vec<u8>>,
}

/// An open durable timer, as the engine reads it with its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTimer {
    /// Its row.
    pub id: u64,
    /// Its id within the execution.
    pub timer_id: i32,
    /// When it is due.
    pub fire_at: Timestamp,
}

/// A piece of streamed output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamChunk {
    /// The run.
    pub instance: InstanceId,
    /// Its position in the stream.
    pub number: u64,
    /// What was streamed.
    pub data: Vec<u8>,
}

/// An orchestration as the engine reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRow {
    /// Who it is.
    pub identity: Identity,
    /// Where it stands.
    pub step: Step,
    /// Its open tasks of the current execution. Activities come without their requests' inputs
    /// being needed: only ids are read.
    pub tasks: Vec<OpenTask>,
    /// Its open timers.
    pub timers: Vec<OpenTimer>,
}

/// An open task, as the engine reads it with its instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    /// Its row.
    pub id: u64,
    /// Its id within the execution.
    pub task_id: i32,
    /// The sub-orchestration; `None` for an activity.
    pub child: Option<InstanceId>,
}

/// What is stored under an id.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadedBody {
    /// Nothing but perhaps messages.
    Absent,
    /// An orchestration.
    Orchestration(Box<InstanceRow>),
    /// An entity.
    Entity(EntityRow),
}

/// All that the engine needs of one id.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What it is.
    pub body: LoadedBody,
    /// Messages that wait for it, in order.
    pub messages: Vec<MessageRow>,
}
