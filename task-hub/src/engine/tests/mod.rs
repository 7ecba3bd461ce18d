mod actions;
mod answers;
mod endings;
mod entities;
mod fates;
mod limits;
mod locks;
mod reloading;
mod rewinds;
mod sent_events;
mod starts;
mod warnings;
mod world;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    CompleteOrchestrationAction, EventRaisedEvent, HistoryEvent, OrchestrationStatus,
    OrchestratorAction, OrchestratorResponse, ScheduleTaskAction, TaskCompletedEvent,
};
use durable_task::{InstanceId, Timestamp};

use super::{Delta, EngineLimits, Env, IdSource, Message, Orchestration, StartOrder, Taking};

const NOW: Timestamp = Timestamp::from_ticks(1_000);

/// Ids that count up.
#[derive(Debug, Clone)]
struct Counting {
    row: u64,
    random: u128,
}

impl IdSource for Counting {
    fn row(&mut self) -> u64 {
        self.row += 1;
        self.row
    }

    fn random(&mut self) -> u128 {
        self.random += 1;
        self.random
    }
}

/// What the engine gets from outside, for tests.
struct Outside {
    ids: Counting,
    limits: EngineLimits,
    now: Timestamp,
}

impl Outside {
    fn new() -> Self {
        Self {
            ids: Counting { row: 0, random: 0 },
            limits: EngineLimits::default(),
            now: NOW,
        }
    }

    fn env(&mut self) -> Env<'_> {
        Env {
            now: self.now,
            limits: &self.limits,
            ids: &mut self.ids,
        }
    }

    fn message(&mut self, target: &str, event: EventType) -> Message {
        Message::new(self.ids.row(), id(target), self.now, event)
    }

    fn raised(&mut self, target: &str, name: &str) -> Message {
        let event = EventType::EventRaised(EventRaisedEvent {
            name: name.to_owned(),
            input: None,
        });
        self.message(target, event)
    }

    fn start(&mut self, instance: &str) -> (Orchestration, Delta) {
        let order = StartOrder {
            name: String::from("work"),
            input: Some(String::from("1")),
            ..StartOrder::default()
        };
        Orchestration::start(id(instance), order, &mut self.env())
    }

    /// An instance after a first episode with these actions.
    fn running(&mut self, instance: &str, actions: Vec<Action>) -> (Orchestration, Delta) {
        let (mut orchestration, _) = self.start(instance);
        let delta = self.episode(&mut orchestration, actions);
        (orchestration, delta)
    }

    /// Runs one episode that answers with these actions.
    fn episode(&mut self, orchestration: &mut Orchestration, actions: Vec<Action>) -> Delta {
        assert!(orchestration.is_ready());
        orchestration.begin("", Taking::Everything, &mut self.env());
        orchestration.apply(response(0, actions), &mut self.env())
    }
}

fn id(text: &str) -> InstanceId {
    InstanceId::from_stored(text)
}

/// An answer whose actions are counted from `first`.
fn response(first: i32, actions: Vec<Action>) -> OrchestratorResponse {
    OrchestratorResponse {
        actions: (first..)
            .zip(actions)
            .map(|(id, action)| OrchestratorAction {
                id,
                orchestrator_action_type: Some(action),
            })
            .collect(),
        ..OrchestratorResponse::default()
    }
}

fn activity(name: &str) -> Action {
    Action::ScheduleTask(ScheduleTaskAction {
        name: name.to_owned(),
        ..ScheduleTaskAction::default()
    })
}

fn complete(status: OrchestrationStatus, result: &str) -> Action {
    Action::CompleteOrchestration(CompleteOrchestrationAction {
        orchestration_status: status.into(),
        result: Some(result.to_owned()),
        ..CompleteOrchestrationAction::default()
    })
}

fn completed(task: i32) -> EventType {
    EventType::TaskCompleted(TaskCompletedEvent {
        task_scheduled_id: task,
        result: None,
    })
}

fn kinds(delta: &Delta) -> Vec<&'static str> {
    let events = delta.history.decode().unwrap();
    assert_eq!(events.len() as u64, delta.history.events());
    events.iter().map(kind).collect()
}

fn kind(event: &HistoryEvent) -> &'static str {
    match event.event_type.as_ref().unwrap() {
        EventType::ExecutionStarted(_) => "ExecutionStarted",
        EventType::ExecutionCompleted(_) => "ExecutionCompleted",
        EventType::ExecutionTerminated(_) => "ExecutionTerminated",
        EventType::TaskScheduled(_) => "TaskScheduled",
        EventType::TaskCompleted(_) => "TaskCompleted",
        EventType::TimerCreated(_) => "TimerCreated",
        EventType::OrchestratorStarted(_) => "OrchestratorStarted",
        EventType::OrchestratorCompleted(_) => "OrchestratorCompleted",
        EventType::EventRaised(_) => "EventRaised",
        EventType::EventSent(_) => "EventSent",
        EventType::SubOrchestrationInstanceCreated(_) => "SubOrchestrationInstanceCreated",
        EventType::EntityOperationCalled(_) => "EntityOperationCalled",
        EventType::EntityOperationSignaled(_) => "EntityOperationSignaled",
        EventType::EntityLockRequested(_) => "EntityLockRequested",
        EventType::EntityUnlockSent(_) => "EntityUnlockSent",
        EventType::ExecutionSuspended(_) => "ExecutionSuspended",
        EventType::ExecutionRewound(_) => "ExecutionRewound",
        EventType::SubOrchestrationInstanceFailed(_) => "SubOrchestrationInstanceFailed",
        EventType::TaskFailed(_) => "TaskFailed",
        EventType::ExecutionResumed(_) => "ExecutionResumed",
        other => panic!("{other:?}"),
    }
}
