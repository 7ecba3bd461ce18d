//! Histories written by hand.

use std::time::Duration;

use serde::Serialize;

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{
    EventRaisedEvent, ExecutionCompletedEvent, ExecutionResumedEvent, ExecutionStartedEvent,
    ExecutionSuspendedEvent, ExecutionTerminatedEvent, HistoryEvent, OrchestrationInstance,
    OrchestrationStatus, OrchestratorCompletedEvent, OrchestratorStartedEvent,
    SubOrchestrationInstanceCompletedEvent, SubOrchestrationInstanceCreatedEvent,
    SubOrchestrationInstanceFailedEvent, TaskCompletedEvent, TaskFailedEvent, TaskScheduledEvent,
    TimerCreatedEvent, TimerFiredEvent,
};
use crate::{Failure, Timestamp};

/// Builds the events of a history, batch by batch.
///
/// ```
/// use std::time::Duration;
/// use durable_task::testing::HistoryBuilder;
///
/// let history = HistoryBuilder::new("greet", "instance", &"Seattle")
///     .task_scheduled(0, "hello")
///     .batch_after(Duration::from_secs(5))
///     .task_completed(0, &"Hello, Seattle!")
///     .build();
/// assert_eq!(history.len(), 6);
/// ```
#[derive(Debug, Clone)]
pub struct HistoryBuilder {
    events: Vec<HistoryEvent>,
    now: Timestamp,
}

impl HistoryBuilder {
    /// The start of an instance at 2024-01-01T00:00:00Z, in execution `execution-0`.
    ///
    /// # Panics
    ///
    /// If the input can't be written as JSON.
    pub fn new(orchestrator: &str, instance: &str, input: &(impl Serialize + ?Sized)) -> Self {
        let start = ExecutionStartedEvent {
            name: orchestrator.to_owned(),
            input: Some(json(input)),
            orchestration_instance: Some(OrchestrationInstance {
                instance_id: instance.to_owned(),
                execution_id: Some(String::from("execution-0")),
            }),
            ..ExecutionStartedEvent::default()
        };
        let now = Timestamp::from_ticks(1_704_067_200 * 10_000_000);
        Self::empty(now).event(-1, EventType::ExecutionStarted(start))
    }

    /// The start asks for this version of the orchestrator; without, the newest one runs.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        for event in &mut self.events {
            if let Some(EventType::ExecutionStarted(start)) = &mut event.event_type {
                start.version = Some(version.to_owned());
            }
        }
        self
    }

    /// A batch of events at a time, with nothing in it yet.
    pub fn empty(now: Timestamp) -> Self {
        let events = Vec::new();
        let marker = EventType::OrchestratorStarted(OrchestratorStartedEvent {});
        Self { events, now }.event(-1, marker)
    }

    /// Ends the batch, and begins another one that much later.
    #[must_use]
    pub fn batch_after(self, duration: Duration) -> Self {
        let marker = EventType::OrchestratorCompleted(OrchestratorCompletedEvent {});
        let mut ended = self.event(-1, marker);
        ended.now = ended.now.saturating_add(duration);
        let marker = EventType::OrchestratorStarted(OrchestratorStartedEvent {});
        ended.event(-1, marker)
    }

    /// Adds any event.
    #[must_use]
    pub fn event(mut self, id: i32, event: EventType) -> Self {
        self.events.push(HistoryEvent {
            event_id: id,
            timestamp: Some(self.now.into()),
            event_type: Some(event),
        });
        self
    }

    /// An activity was scheduled.
    #[must_use]
    pub fn task_scheduled(self, id: i32, name: &str) -> Self {
        let task = TaskScheduledEvent {
            name: name.to_owned(),
            ..TaskScheduledEvent::default()
        };
        self.event(id, EventType::TaskScheduled(task))
    }

    /// An activity has returned.
    ///
    /// # Panics
    ///
    /// If the result can't be written as JSON.
    #[must_use]
    pub fn task_completed(self, id: i32, result: &(impl Serialize + ?Sized)) -> Self {
        let task = TaskCompletedEvent {
            task_scheduled_id: id,
            result: Some(json(result)),
        };
        self.event(-1, EventType::TaskCompleted(task))
    }

    /// An activity has failed.
    #[must_use]
    pub fn task_failed(self, id: i32, failure: Failure) -> Self {
        let task = TaskFailedEvent {
            task_scheduled_id: id,
            failure_details: Some(failure.into()),
        };
        self.event(-1, EventType::TaskFailed(task))
    }

    /// A timer was set.
    #[must_use]
    pub fn timer_created(self, id: i32, fire_at: Timestamp) -> Self {
        let timer = TimerCreatedEvent {
            fire_at: Some(fire_at.into()),
        };
        self.event(id, EventType::TimerCreated(timer))
    }

    /// A timer has fired.
    #[must_use]
    pub fn timer_fired(self, id: i32) -> Self {
        let timer = TimerFiredEvent {
            timer_id: id,
            fire_at: Some(self.now.into()),
        };
        self.event(-1, EventType::TimerFired(timer))
    }

    /// A sub-orchestration has returned.
    ///
    /// # Panics
    ///
    /// If the result can't be written as JSON.
    #[must_use]
    pub fn child_completed(self, id: i32, result: &(impl Serialize + ?Sized)) -> Self {
        let child = SubOrchestrationInstanceCompletedEvent {
            task_scheduled_id: id,
            result: Some(json(result)),
        };
        self.event(-1, EventType::SubOrchestrationInstanceCompleted(child))
    }

    /// A sub-orchestration was started.
    #[must_use]
    pub fn child_created(self, id: i32, name: &str, instance: &str) -> Self {
        let child = SubOrchestrationInstanceCreatedEvent {
            instance_id: instance.to_owned(),
            name: name.to_owned(),
            ..SubOrchestrationInstanceCreatedEvent::default()
        };
        self.event(id, EventType::SubOrchestrationInstanceCreated(child))
    }

    /// A sub-orchestration has failed.
    #[must_use]
    pub fn child_failed(self, id: i32, failure: Failure) -> Self {
        let child = SubOrchestrationInstanceFailedEvent {
            task_scheduled_id: id,
            failure_details: Some(failure.into()),
        };
        self.event(-1, EventType::SubOrchestrationInstanceFailed(child))
    }

    /// The orchestration has ended with a result.
    ///
    /// # Panics
    ///
    /// If the result can't be written as JSON.
    #[must_use]
    pub fn completed(self, id: i32, result: &(impl Serialize + ?Sized)) -> Self {
        let mut end = ExecutionCompletedEvent {
            result: Some(json(result)),
            ..ExecutionCompletedEvent::default()
        };
        end.set_orchestration_status(OrchestrationStatus::Completed);
        self.event(id, EventType::ExecutionCompleted(end))
    }

    /// The orchestration has failed.
    #[must_use]
    pub fn failed(self, id: i32, failure: Failure) -> Self {
        let mut end = ExecutionCompletedEvent {
            failure_details: Some(failure.into()),
            ..ExecutionCompletedEvent::default()
        };
        end.set_orchestration_status(OrchestrationStatus::Failed);
        self.event(id, EventType::ExecutionCompleted(end))
    }

    /// An external event has arrived.
    ///
    /// # Panics
    ///
    /// If the payload can't be written as JSON.
    #[must_use]
    pub fn event_raised(self, name: &str, payload: &(impl Serialize + ?Sized)) -> Self {
        let raised = EventRaisedEvent {
            name: name.to_owned(),
            input: Some(json(payload)),
        };
        self.event(-1, EventType::EventRaised(raised))
    }

    /// The instance was suspended.
    #[must_use]
    pub fn suspended(self) -> Self {
        let event = ExecutionSuspendedEvent::default();
        self.event(-1, EventType::ExecutionSuspended(event))
    }

    /// The instance was resumed.
    #[must_use]
    pub fn resumed(self) -> Self {
        let event = ExecutionResumedEvent::default();
        self.event(-1, EventType::ExecutionResumed(event))
    }

    /// The instance was terminated.
    #[must_use]
    pub fn terminated(self, reason: &str) -> Self {
        let event = ExecutionTerminatedEvent {
            input: Some(reason.to_owned()),
            recurse: false,
        };
        self.event(-1, EventType::ExecutionTerminated(event))
    }

    /// The events.
    pub fn build(self) -> Vec<HistoryEvent> {
        self.events
    }
}

#[allow(
    clippy::expect_used,
    reason = "a test that builds a history wants to hear of it at once"
)]
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("the value can be written as JSON")
}
