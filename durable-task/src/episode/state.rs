//! What an orchestrator's future and its history meet in: the side of the future.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;
use std::rc::Rc;
use std::task::Poll;

use uuid::Uuid;

use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::{
    CreateSubOrchestrationAction, CreateTimerAction, HistoryEvent, OrchestrationInstance,
    ScheduleTaskAction, SendEventAction, TerminateOrchestrationAction,
};
use crate::{EntityId, ExecutionId, Failure, InstanceId, OrchestrationError, Timestamp};

use super::CUSTOM_STATUS_UTF16_BYTES_MAX;
use super::complete::Completion;
use super::critical_section::CriticalSection;
use super::external_events::{ExternalEvents, Waiter};
use super::ids::Ids;
use super::mismatch::{Difference, Mismatch};
use super::scope::{Awaited, Entered, Scope, Scopes};

/// The state of one execution, shared by its session and all futures of the orchestrator.
pub(crate) type Handle = Rc<RefCell<State>>;

/// A result as JSON text, or a failure.
pub(crate) type Outcome = Result<Option<String>, Failure>;

/// What differs between backends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EpisodeOptions {
    /// Whether timers beyond 6 days are chains of timers of 3 days.
    pub(crate) chain_long_timers: bool,
    pub(crate) entity_messages: EntityMessageForm,
}

/// How an orchestration's messages to entities look. Replies are taken in every form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntityMessageForm {
    /// As `sendEntityMessage` actions: what `task-hub` and services of the protocol take.
    #[default]
    SendEntityMessage,
    /// As `sendEvent` actions named `op` and `release`, with the order of the messages in them:
    /// what the Azure Storage backend and the Durable Functions extension take.
    SendEvent,
}

/// Who an execution is.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) instance: InstanceId,
    pub(crate) execution: ExecutionId,
    pub(crate) name: String,
    pub(crate) version: String,
    /// The version that continue-as-new moves to.
    pub(crate) newest_version: String,
    pub(crate) parent: Option<InstanceId>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Whether the history itself says which version runs, because the start does not.
    pub(crate) records_version: bool,
}

/// Begins the name of the event to itself that records an instance's version.
pub(crate) const VERSION_RECORD: &str = "version:";

/// The tag that tells an engine that nobody waits for a child.
pub(crate) const FIRE_AND_FORGET: &str = "FireAndForget";

/// A command that is neither in history nor handed out.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) action: Action,
    /// The line that gave it.
    pub(super) at: &'static Location<'static>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskKind {
    Activity,
    Timer,
    SubOrchestration,
    Entity,
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) kind: TaskKind,
    pub(super) outcome: Option<Outcome>,
}

/// A message to an entity that has a reply.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) task: i32,
    /// The called entity; `None` for a lock request.
    pub(super) called: Option<EntityId>,
}

/// Everything an execution remembers, apart from the future itself.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) identity: Identity,
    pub(crate) options: EpisodeOptions,
    /// The recorded time; none before the first event.
    pub(super) clock: Option<Timestamp>,
    pub(super) replaying: bool,
    pub(super) ids: Ids,
    pub(super) next_id: i32,
    pub(super) commands: BTreeMap<i32, Command>,
    pub(super) tasks: BTreeMap<i32, Task>,
    /// Of the replies that nobody has read.
    pub(super) unread_outcome_bytes: usize,
    /// By lower-case request id.
    pub(super) requests: BTreeMap<String, Request>,
    pub(super) events: ExternalEvents,
    pub(super) section: CriticalSection,
    /// When the last ordered message went to each entity, for forms that need it.
    pub(super) last_sent: BTreeMap<String, Timestamp>,
    pub(super) scopes: Scopes,
    custom_status: Option<String>,
    /// While suspended: the events that came meanwhile.
    pub(super) suspension: Option<VecDeque<HistoryEvent>>,
    pub(super) completion: Option<Completion>,
    /// The history says that the execution has ended.
    pub(super) end_is_recorded: bool,
    /// The first event that the code does not agree with.
    pub(super) mismatch: Option<Mismatch>,
    /// What agrees but is not the same; collected for reports only.
    pub(super) differences: Option<Vec<Difference>>,
    /// The first breach of a rule by the code.
    misuse: Option<Failure>,
    pub(super) last_awaited: Option<&'static Location<'static>>,
    /// The future is being dropped: nothing that its parts do counts any more.
    closed: bool,
}

impl State {
    pub(crate) fn new(identity: Identity, options: EpisodeOptions) -> Self {
        Self {
            identity,
            options,
            clock: None,
            replaying: false,
            ids: Ids::default(),
            next_id: 0,
            commands: BTreeMap::new(),
            tasks: BTreeMap::new(),
            unread_outcome_bytes: 0,
            requests: BTreeMap::new(),
            events: ExternalEvents::default(),
            section: CriticalSection::default(),
            last_sent: BTreeMap::new(),
            scopes: Scopes::default(),
            custom_status: None,
            suspension: None,
            completion: None,
            end_is_recorded: false,
            mismatch: None,
            differences: None,
            misuse: None,
            last_awaited: None,
            closed: false,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.unwrap_or(Timestamp::EPOCH)
    }

    pub(crate) fn is_replaying(&self) -> bool {
        self.replaying
    }

    pub(crate) fn guid(&mut self) -> Uuid {
        let now = self.now();
        self.ids.guid(self.identity.instance.as_str(), now)
    }

    pub(crate) fn random(&mut self) -> u64 {
        self.ids.random()
    }

    /// The execution begins.
    pub(super) fn begin(&mut self, input: Option<&str>) {
        let now = self.now();
        self.ids.seed(self.identity.instance.as_str(), now, input);
        if self.identity.records_version {
            let record = SendEventAction {
                instance: Some(OrchestrationInstance {
                    instance_id: self.identity.instance.as_str().to_owned(),
                    execution_id: None,
                }),
                name: format!("{VERSION_RECORD}{}", self.identity.version),
                data: None,
            };
            self.command(Action::SendEvent(record), Location::caller());
        }
    }

    pub(crate) fn custom_status(&self) -> Option<&str> {
        self.custom_status.as_deref()
    }

    /// Sets the status, as JSON text; fails the orchestration if it is too long.
    pub(crate) fn set_custom_status(&mut self, text: String) {
        let bytes = text.encode_utf16().count() * 2;
        if bytes > CUSTOM_STATUS_UTF16_BYTES_MAX {
            let message = format!(
                "the custom status has {bytes} bytes of UTF-16; the limit \
                 CUSTOM_STATUS_UTF16_BYTES_MAX is {CUSTOM_STATUS_UTF16_BYTES_MAX}"
            );
            self.misuse(Failure::new("CustomStatusTooLong", message).non_retriable());
        } else {
            self.custom_status = Some(text);
        }
    }

    /// Fails the orchestration after this poll, for the first breach of a rule.
    pub(crate) fn misuse(&mut self, failure: Failure) {
        self.misuse.get_or_insert(failure);
    }

    pub(super) fn take_misuse(&mut self) -> Option<Failure> {
        self.misuse.take()
    }

    pub(super) fn last_awaited(&self) -> Option<&'static Location<'static>> {
        self.last_awaited
    }

    /// Whether the future is being dropped.
    pub(super) fn set_closed(&mut self, closed: bool) {
        self.closed = closed;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Issues a command; returns its id.
    pub(super) fn command(&mut self, action: Action, at: &'static Location<'static>) -> i32 {
        let id = self.next_id;
        if !self.closed {
            self.next_id += 1;
            self.commands.insert(id, Command { action, at });
        }
        id
    }

    pub(super) fn task(
        &mut self,
        kind: TaskKind,
        action: Action,
        at: &'static Location<'static>,
    ) -> i32 {
        let id = self.command(action, at);
        let outcome = None;
        self.tasks.insert(id, Task { kind, outcome });
        id
    }

    /// Schedules an activity.
    pub(crate) fn schedule_activity(
        &mut self,
        activity: ScheduleTaskAction,
        at: &'static Location<'static>,
    ) -> i32 {
        self.task(TaskKind::Activity, Action::ScheduleTask(activity), at)
    }

    /// Sets a timer.
    pub(crate) fn start_timer(
        &mut self,
        fire_at: Timestamp,
        at: &'static Location<'static>,
    ) -> i32 {
        let action = Action::CreateTimer(CreateTimerAction {
            fire_at: Some(fire_at.into()),
        });
        self.task(TaskKind::Timer, action, at)
    }

    /// Starts a sub-orchestration.
    pub(crate) fn start_child(
        &mut self,
        child: CreateSubOrchestrationAction,
        at: &'static Location<'static>,
    ) -> Result<i32, OrchestrationError> {
        self.may_start_child()?;
        let action = Action::CreateSubOrchestration(child);
        Ok(self.task(TaskKind::SubOrchestration, action, at))
    }

    /// Starts another orchestration that nobody waits for.
    pub(crate) fn start_detached(
        &mut self,
        mut child: CreateSubOrchestrationAction,
        at: &'static Location<'static>,
    ) -> Result<(), OrchestrationError> {
        self.may_start_child()?;
        child
            .tags
            .insert(String::from(FIRE_AND_FORGET), String::new());
        self.command(Action::CreateSubOrchestration(child), at);
        Ok(())
    }

    fn may_start_child(&self) -> Result<(), OrchestrationError> {
        self.section
            .may_start_child()
            .map_err(OrchestrationError::NotAllowed)
    }

    /// Sends an event to another orchestration.
    pub(crate) fn send_event(
        &mut self,
        instance: &InstanceId,
        name: String,
        data: String,
        at: &'static Location<'static>,
    ) {
        let action = Action::SendEvent(SendEventAction {
            instance: Some(OrchestrationInstance {
                instance_id: instance.as_str().to_owned(),
                execution_id: None,
            }),
            name,
            data: Some(data),
        });
        self.command(action, at);
    }

    /// Terminates another orchestration.
    pub(crate) fn terminate(
        &mut self,
        instance: &InstanceId,
        reason: Option<String>,
        at: &'static Location<'static>,
    ) {
        let action = Action::TerminateOrchestration(TerminateOrchestrationAction {
            instance_id: instance.as_str().to_owned(),
            reason,
            recurse: true,
        });
        self.command(action, at);
    }

    /// Ends this execution; the next one begins with `input`.
    pub(crate) fn continue_as_new(&mut self, input: String, keep_events: bool) {
        if self.completion.is_none() && !self.closed {
            self.completion = Some(Completion::ContinueAsNew { input, keep_events });
        }
    }

    /// The reply of a task, once.
    pub(super) fn poll_task(&mut self, id: i32, at: &'static Location<'static>) -> Poll<Outcome> {
        self.last_awaited = Some(at);
        match self.tasks.get(&id) {
            Some(task) if task.outcome.is_some() => {
                self.remove_task(id).map_or(Poll::Pending, Poll::Ready)
            }
            _ => {
                self.scopes.wait(Awaited::Task(id));
                Poll::Pending
            }
        }
    }

    /// Nobody waits for the task any more: its reply will be ignored.
    pub(super) fn forget_task(&mut self, id: i32) {
        if !self.closed {
            self.remove_task(id);
            self.scopes.done(Awaited::Task(id));
        }
    }

    fn remove_task(&mut self, id: i32) -> Option<Outcome> {
        let outcome = self.tasks.remove(&id)?.outcome;
        self.unread_outcome_bytes -= outcome_bytes(outcome.as_ref());
        outcome
    }

    /// Begins to wait for an external event.
    pub(crate) fn wait_for_event(&mut self, name: &str) -> Waiter {
        self.events.wait(name)
    }

    /// The event's payload, once.
    pub(crate) fn poll_event(
        &mut self,
        waiter: &Waiter,
        at: &'static Location<'static>,
    ) -> Poll<Option<String>> {
        self.last_awaited = Some(at);
        let payload = self.events.take(waiter);
        if payload.is_pending() {
            self.scopes.wait(Awaited::Event(waiter.number));
        }
        payload
    }

    /// Nobody waits for the event any more.
    pub(crate) fn forget_event(&mut self, waiter: &Waiter) {
        if !self.closed {
            self.scopes.done(Awaited::Event(waiter.number));
            if let Some(next) = self.events.give_up(waiter) {
                self.scopes.done(Awaited::Event(next));
            }
        }
    }

    /// A join begins to poll a child.
    pub(crate) fn enter_child(&mut self, scope: &Rc<Scope>, index: usize) -> Entered {
        self.scopes.enter(scope, index)
    }

    /// A join has polled a child; returns whether the child waits for something durable.
    pub(crate) fn leave_child(&mut self, entered: Entered) -> bool {
        self.scopes.leave(entered)
    }

    /// A join has children that wait.
    pub(crate) fn wait_in_children(&mut self) {
        self.scopes.wait_in_children();
    }

    /// About how many bytes it holds. Asked after every episode: it must not count one by one.
    pub(super) fn bytes(&self) -> usize {
        let commands = self.commands.len() * size_of::<(i32, Command)>();
        let tasks = self.tasks.len() * size_of::<(i32, Task)>();
        let requests = self.requests.len() * size_of::<(String, Request)>();
        let status = self.custom_status.as_ref().map_or(0, String::len);
        let unread = self.unread_outcome_bytes + self.events.bytes();
        size_of::<Self>() + commands + tasks + requests + status + unread
    }
}

/// Bytes of a reply.
pub(super) fn outcome_bytes(outcome: Option<&Outcome>) -> usize {
    match outcome {
        Some(Ok(Some(text))) => text.len(),
        Some(Err(failure)) => failure.message.len(),
        Some(Ok(None)) | None => 0,
    }
}
