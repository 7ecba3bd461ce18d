//! An orchestration run by hand, episode by episode.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::episode::{EpisodeOptions, Session};
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::send_entity_message_action::EntityMessageType as Message;
use crate::wire::proto::{
    CompleteOrchestrationAction, EventSentEvent, ExecutionCompletedEvent, HistoryEvent,
    OrchestrationStatus, OrchestratorAction, OrchestratorCompletedEvent, OrchestratorRequest,
    SubOrchestrationInstanceCreatedEvent, TaskScheduledEvent, TimerCreatedEvent,
};
use crate::worker::new_session;
use crate::{Failure, Registry, Timestamp};

use super::HistoryBuilder;

/// Plays the engine for one orchestration: tests hand in events and look at the commands.
///
/// ```
/// use std::time::Duration;
/// use durable_task::testing::{HistoryBuilder, TestOrchestration};
/// use durable_task::{OrchestrationContext, Registry};
///
/// let mut registry = Registry::new();
/// registry.orchestrator_fn("greet", "", |ctx: OrchestrationContext, name: String| async move {
///     ctx.call_activity::<String>("hello", &name).await
/// })?;
/// let start = HistoryBuilder::new("greet", "instance", "Seattle");
/// let mut greet = TestOrchestration::start(&registry, start);
/// assert_eq!(greet.actions().len(), 1);
/// greet.episode(Duration::from_secs(1), |events| events.task_completed(0, "Hello!"));
/// assert_eq!(greet.result(), Some(Ok("Hello!".into())));
/// # Ok::<(), durable_task::RegistryError>(())
/// ```
pub struct TestOrchestration {
    registry: Registry,
    instance: String,
    options: EpisodeOptions,
    /// The live session; `None` where every episode replays.
    warm: Option<Session>,
    keep_warm: bool,
    history: Vec<HistoryEvent>,
    now: Timestamp,
    actions: Vec<OrchestratorAction>,
    custom_status: Option<String>,
    completion: Option<CompleteOrchestrationAction>,
}

impl TestOrchestration {
    /// Runs the first episode; every later one replays the history.
    ///
    /// # Panics
    ///
    /// If the events begin nothing that the registry has code for.
    pub fn start(registry: &Registry, events: HistoryBuilder) -> Self {
        Self::new(registry, events, EpisodeOptions::default(), false)
    }

    /// Runs the first episode; later ones go on with the live future.
    ///
    /// # Panics
    ///
    /// If the events begin nothing that the registry has code for.
    pub fn start_warm(registry: &Registry, events: HistoryBuilder) -> Self {
        Self::new(registry, events, EpisodeOptions::default(), true)
    }

    pub(crate) fn new(
        registry: &Registry,
        events: HistoryBuilder,
        options: EpisodeOptions,
        keep_warm: bool,
    ) -> Self {
        let mut events = events.build();
        resolve_version(registry, &mut events);
        let mut new = Self {
            registry: registry.clone(),
            instance: instance_of(&events).unwrap_or_default(),
            options,
            warm: None,
            keep_warm,
            history: Vec::new(),
            now: time_of(&events),
            actions: Vec::new(),
            custom_status: None,
            completion: None,
        };
        new.run(events);
        new
    }

    /// Goes on with an instance that has a history, such as a downloaded or a rewound one: runs an
    /// episode without news.
    ///
    /// # Panics
    ///
    /// If the registry has no code for the orchestration.
    pub fn resume(registry: &Registry, history: Vec<HistoryEvent>) -> Self {
        let now = time_of(&history);
        let mut resumed = Self {
            registry: registry.clone(),
            instance: instance_of(&history).unwrap_or_default(),
            options: EpisodeOptions::default(),
            warm: None,
            keep_warm: false,
            history,
            now,
            actions: Vec::new(),
            custom_status: None,
            completion: None,
        };
        resumed.run(HistoryBuilder::empty(now).build());
        resumed
    }

    /// Runs an episode, that much later, with the events that `add` adds.
    ///
    /// # Panics
    ///
    /// If the registry has no code for the orchestration any more.
    pub fn episode(
        &mut self,
        after: Duration,
        add: impl FnOnce(HistoryBuilder) -> HistoryBuilder,
    ) -> &[OrchestratorAction] {
        self.now = self.now.saturating_add(after);
        self.run(add(HistoryBuilder::empty(self.now)).build());
        &self.actions
    }

    /// What the last episode asked for.
    pub fn actions(&self) -> &[OrchestratorAction] {
        &self.actions
    }

    /// The custom status, as JSON text.
    pub fn custom_status(&self) -> Option<&str> {
        self.custom_status.as_deref()
    }

    /// All events so far, with those of the decisions.
    pub fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    /// How the orchestration ended, as the engine hears it.
    pub fn completion(&self) -> Option<&CompleteOrchestrationAction> {
        self.completion.as_ref()
    }

    /// Its result or failure. A termination and a continue-as-new are neither.
    pub fn result(&self) -> Option<Result<Value, Failure>> {
        let completion = self.completion.as_ref()?;
        match completion.orchestration_status() {
            OrchestrationStatus::Completed => {
                let text = completion.result.as_deref().unwrap_or("null");
                Some(Ok(serde_json::from_str(text).unwrap_or_default()))
            }
            OrchestrationStatus::Failed => {
                let details = completion.failure_details.clone().unwrap_or_default();
                Some(Err(details.into()))
            }
            _ => None,
        }
    }

    #[allow(
        clippy::expect_used,
        reason = "documented: a test without code has to fail"
    )]
    fn run(&mut self, new: Vec<HistoryEvent>) {
        let request = OrchestratorRequest {
            instance_id: self.instance.clone(),
            past_events: self.history.clone(),
            new_events: new.clone(),
            ..OrchestratorRequest::default()
        };
        let (mut session, past) = if let Some(session) = self.warm.take() {
            (session, Vec::new())
        } else {
            let made = new_session(&self.registry, self.options, &request);
            (made.expect("there is code").0, request.past_events)
        };
        let episode = session.run(past, request.new_events);
        if self.keep_warm {
            self.warm = Some(session);
        }
        self.history.extend(new);
        for action in &episode.actions {
            self.history.extend(record(action, self.now));
            if let Some(Action::CompleteOrchestration(complete)) = &action.orchestrator_action_type
            {
                self.completion = Some(complete.clone());
            }
        }
        self.history.push(HistoryEvent {
            event_id: -1,
            timestamp: Some(self.now.into()),
            event_type: Some(EventType::OrchestratorCompleted(
                OrchestratorCompletedEvent {},
            )),
        });
        self.actions = episode.actions;
        self.custom_status = episode.custom_status;
    }
}

/// The event that an engine writes for an action.
fn record(action: &OrchestratorAction, now: Timestamp) -> Option<HistoryEvent> {
    let event = match action.orchestrator_action_type.clone()? {
        Action::ScheduleTask(task) => EventType::TaskScheduled(TaskScheduledEvent {
            name: task.name,
            version: task.version,
            input: task.input,
            parent_trace_context: None,
            tags: task.tags,
        }),
        Action::CreateSubOrchestration(child) => {
            let created = SubOrchestrationInstanceCreatedEvent {
                instance_id: child.instance_id,
                name: child.name,
                version: child.version,
                input: child.input,
                parent_trace_context: None,
                tags: child.tags,
            };
            EventType::SubOrchestrationInstanceCreated(created)
        }
        Action::CreateTimer(timer) => EventType::TimerCreated(TimerCreatedEvent {
            fire_at: timer.fire_at,
        }),
        Action::SendEvent(event) => EventType::EventSent(EventSentEvent {
            instance_id: event.instance.unwrap_or_default().instance_id,
            name: event.name,
            input: event.data,
        }),
        Action::SendEntityMessage(message) => match message.entity_message_type? {
            Message::EntityOperationSignaled(signal) => EventType::EntityOperationSignaled(signal),
            Message::EntityOperationCalled(call) => EventType::EntityOperationCalled(call),
            Message::EntityLockRequested(lock) => EventType::EntityLockRequested(lock),
            Message::EntityUnlockSent(unlock) => EventType::EntityUnlockSent(unlock),
        },
        Action::CompleteOrchestration(complete) => {
            EventType::ExecutionCompleted(ExecutionCompletedEvent {
                orchestration_status: complete.orchestration_status,
                result: complete.result,
                failure_details: complete.failure_details,
            })
        }
        Action::TerminateOrchestration(_) | Action::RewindOrchestration(_) => return None,
    };
    Some(HistoryEvent {
        event_id: action.id,
        timestamp: Some(now.into()),
        event_type: Some(event),
    })
}

impl fmt::Debug for TestOrchestration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestOrchestration")
            .field("instance", &self.instance)
            .field("actions", &self.actions)
            .finish_non_exhaustive()
    }
}

/// As an engine does that keeps versions: a start without one gets the newest.
fn resolve_version(registry: &Registry, events: &mut [HistoryEvent]) {
    for event in events {
        if let Some(EventType::ExecutionStarted(started)) = &mut event.event_type
            && started.version.is_none()
            && let Some((newest, _)) = registry.find_orchestrator(&started.name, None)
        {
            started.version = Some(newest.to_owned());
        }
    }
}

fn instance_of(events: &[HistoryEvent]) -> Option<String> {
    events.iter().find_map(|event| match &event.event_type {
        Some(EventType::ExecutionStarted(started)) => {
            let instance = started.orchestration_instance.as_ref()?;
            Some(instance.instance_id.clone())
        }
        _ => None,
    })
}

fn time_of(events: &[HistoryEvent]) -> Timestamp {
    let last = events.iter().rev().find_map(|event| event.timestamp);
    last.map_or(Timestamp::EPOCH, Timestamp::from)
}
