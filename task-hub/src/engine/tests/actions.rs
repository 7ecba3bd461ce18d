//! What becomes of each action.

use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::{
    CreateSubOrchestrationAction, CreateTimerAction, EntityLockRequestedEvent,
    EntityOperationCalledEvent, EntityOperationSignaledEvent, EntityUnlockSentEvent,
    OrchestrationInstance, ScheduleTaskAction, SendEntityMessageAction, SendEventAction,
    TerminateOrchestrationAction,
};
use durable_task::{InstanceId, Timestamp};

use super::{Outside, kinds, response};
use crate::engine::{Delta, Taking};
use crate::store::TaskKind;

fn first_episode(action: Action) -> Delta {
    let mut outside = Outside::new();
    outside.running("a", vec![action]).1
}

fn entity(message: EntityMessageType) -> Action {
    Action::SendEntityMessage(SendEntityMessageAction {
        entity_message_type: Some(message),
    })
}

fn recorded(delta: &Delta, kind: &str) -> (i32, EventType) {
    let events = delta.history.decode().unwrap();
    let place = kinds(delta)
        .iter()
        .position(|other| *other == kind)
        .unwrap();
    let event = events[place].clone();
    assert!(event.timestamp.is_some());
    (event.event_id, event.event_type.unwrap())
}

#[test]
fn an_activity_is_an_event_and_an_open_task() {
    let delta = first_episode(Action::ScheduleTask(ScheduleTaskAction {
        name: String::from("work"),
        version: Some(String::from("1")),
        input: Some(String::from("[1]")),
        tags: [(String::from("k"), String::from("v"))].into(),
        ..ScheduleTaskAction::default()
    }));
    assert_eq!(
        kinds(&delta),
        [
            "OrchestratorStarted",
            "ExecutionStarted",
            "TaskScheduled",
            "OrchestratorCompleted"
        ]
    );
    assert_eq!(recorded(&delta, "TaskScheduled").0, 0);
    let task = &delta.tasks_opened[0];
    let TaskKind::Activity(request) = &task.kind else {
        panic!("{task:?}");
    };
    assert_eq!((request.name.as_str(), request.task_id), ("work", 0));
    assert_eq!(request.version.as_deref(), Some("1"));
    assert_eq!(request.input.as_deref(), Some("[1]"));
    assert_eq!(request.tags["k"], "v");
    let instance = request.orchestration_instance.clone().unwrap();
    assert_eq!(instance.instance_id, "a");
    assert_eq!(
        instance.execution_id.as_deref(),
        Some(task.execution.as_str())
    );
}

#[test]
fn a_timer_is_an_event_and_a_row() {
    let fire_at = Timestamp::from_ticks(5_000_000);
    let delta = first_episode(Action::CreateTimer(CreateTimerAction {
        fire_at: Some(fire_at.into()),
    }));
    let timer = &delta.timers_opened[0];
    assert_eq!(timer.fire_at, fire_at);
    assert_eq!(timer.timer_id, Some(0));
    assert!(timer.execution.is_some() && timer.event.is_none());
    let (_, EventType::TimerCreated(created)) = recorded(&delta, "TimerCreated") else {
        panic!("{delta:?}");
    };
    assert_eq!(created.fire_at.map(Timestamp::from), Some(fire_at));
}

#[test]
fn a_child_is_an_event_a_task_and_a_start() {
    for (given, expected) in [("c", Some("c")), ("", None)] {
        let delta = first_episode(Action::CreateSubOrchestration(
            CreateSubOrchestrationAction {
                instance_id: given.to_owned(),
                name: String::from("child"),
                tags: [(String::from("own"), String::from("1"))].into(),
                ..CreateSubOrchestrationAction::default()
            },
        ));
        let task = &delta.tasks_opened[0];
        let message = &delta.messages[0];
        let expected = expected.map_or_else(|| format!("{}:0", task.execution), str::to_owned);
        assert_eq!(message.target.as_str(), expected);
        assert_eq!(
            task.kind,
            TaskKind::SubOrchestration(message.target.clone())
        );
        assert_eq!(message.execution, None, "whichever execution it will have");
        let Some(EventType::ExecutionStarted(start)) = &message.event.event_type else {
            panic!("{message:?}");
        };
        let parent = start.parent_instance.clone().unwrap();
        assert_eq!(parent.task_scheduled_id, 0);
        assert_eq!(parent.name.as_deref(), Some("work"));
        assert_eq!(parent.orchestration_instance.unwrap().instance_id, "a");
        assert_eq!(start.tags["own"], "1");
    }
}

#[test]
fn nobody_waits_for_a_child_that_is_fire_and_forget() {
    let delta = first_episode(Action::CreateSubOrchestration(
        CreateSubOrchestrationAction {
            instance_id: String::from("c"),
            name: String::from("child"),
            tags: [(String::from("FireAndForget"), String::new())].into(),
            ..CreateSubOrchestrationAction::default()
        },
    ));
    assert!(delta.tasks_opened.is_empty());
    assert_eq!(delta.messages.len(), 1);
}

#[test]
fn an_event_is_recorded_as_sent_and_arrives_as_raised() {
    let delta = first_episode(Action::SendEvent(SendEventAction {
        instance: Some(OrchestrationInstance {
            instance_id: String::from("b"),
            execution_id: None,
        }),
        name: String::from("go"),
        data: Some(String::from("1")),
    }));
    assert_eq!(recorded(&delta, "EventSent").0, 0);
    let message = &delta.messages[0];
    assert_eq!(message.target.as_str(), "b");
    assert_eq!(message.event.event_id, -1);
    let Some(EventType::EventRaised(raised)) = &message.event.event_type else {
        panic!("{message:?}");
    };
    assert_eq!(
        (raised.name.as_str(), raised.input.as_deref()),
        ("go", Some("1"))
    );
}

#[test]
fn a_termination_of_another_is_a_message() {
    let delta = first_episode(Action::TerminateOrchestration(
        TerminateOrchestrationAction {
            instance_id: String::from("b"),
            reason: Some(String::from("why")),
            recurse: true,
        },
    ));
    let Some(EventType::ExecutionTerminated(event)) = &delta.messages[0].event.event_type else {
        panic!("{delta:?}");
    };
    assert!(event.recurse);
    assert_eq!(event.input.as_deref(), Some("why"));
}

#[test]
fn a_call_carries_who_waits_for_its_reply() {
    let delta = first_episode(entity(EntityMessageType::EntityOperationCalled(
        EntityOperationCalledEvent {
            request_id: String::from("r"),
            operation: String::from("add"),
            target_instance_id: Some(String::from("@c@k")),
            ..EntityOperationCalledEvent::default()
        },
    )));
    let (id, EventType::EntityOperationCalled(event)) = recorded(&delta, "EntityOperationCalled")
    else {
        panic!("{delta:?}");
    };
    assert_eq!(id, 0);
    assert_eq!(event.parent_instance_id.as_deref(), Some("a"));
    assert!(event.parent_execution_id.is_some());
    let message = &delta.messages[0];
    assert_eq!(message.target.as_str(), "@c@k");
    assert_eq!(
        message.event.event_type,
        Some(EventType::EntityOperationCalled(event))
    );
    assert_eq!(message.sender.as_ref().map(InstanceId::as_str), Some("a"));
}

#[test]
fn a_signal_for_later_is_a_timer() {
    let later = super::NOW.saturating_add(Duration::from_secs(9));
    for (at, delayed) in [
        (None, false),
        (Some(super::NOW), false),
        (Some(later), true),
    ] {
        let delta = first_episode(entity(EntityMessageType::EntityOperationSignaled(
            EntityOperationSignaledEvent {
                operation: String::from("add"),
                scheduled_time: at.map(Into::into),
                target_instance_id: Some(String::from("@c@k")),
                ..EntityOperationSignaledEvent::default()
            },
        )));
        assert_eq!(recorded(&delta, "EntityOperationSignaled").0, 0);
        assert_eq!(delta.timers_opened.len(), usize::from(delayed));
        assert_eq!(delta.messages.len(), usize::from(!delayed));
        if delayed {
            assert_eq!(delta.timers_opened[0].fire_at, later);
            assert_eq!(delta.timers_opened[0].timer_id, None);
        }
    }
}

#[test]
fn a_lock_is_asked_of_the_first_entity_in_order_each_once() {
    let delta = first_episode(entity(EntityMessageType::EntityLockRequested(
        EntityLockRequestedEvent {
            critical_section_id: String::from("s"),
            lock_set: ["@c@b", "@b@z", "@c@a", "@c@b"].map(String::from).into(),
            ..EntityLockRequestedEvent::default()
        },
    )));
    let message = &delta.messages[0];
    assert_eq!(message.target.as_str(), "@b@z");
    let Some(EventType::EntityLockRequested(request)) = &message.event.event_type else {
        panic!("{message:?}");
    };
    assert_eq!(request.lock_set, ["@b@z", "@c@a", "@c@b"]);
    assert_eq!(request.position, 0);
    assert_eq!(request.parent_instance_id.as_deref(), Some("a"));
}

#[test]
fn an_unlock_is_forgotten_once_all_entities_are_released() {
    let mut outside = Outside::new();
    let lock = entity(EntityMessageType::EntityLockRequested(
        EntityLockRequestedEvent {
            critical_section_id: String::from("s"),
            lock_set: ["@c@a", "@c@b"].map(String::from).into(),
            ..EntityLockRequestedEvent::default()
        },
    ));
    let (mut orchestration, _) = outside.running("a", vec![lock]);
    assert_eq!(orchestration.step().locks[0].entities.len(), 2);
    for (left, target) in [(1, "@c@a"), (0, "@c@b")] {
        let go = outside.raised("a", "go");
        orchestration.receive(go, &mut outside.env());
        orchestration.begin("", Taking::Everything, &mut outside.env());
        let unlock = entity(EntityMessageType::EntityUnlockSent(EntityUnlockSentEvent {
            critical_section_id: String::from("s"),
            target_instance_id: Some(target.to_owned()),
            ..EntityUnlockSentEvent::default()
        }));
        let delta = orchestration.apply(response(1, vec![unlock]), &mut outside.env());
        assert_eq!(delta.messages[0].target.as_str(), target);
        assert_eq!(orchestration.step().locks.len(), usize::from(left > 0));
    }
}

#[test]
fn times_never_go_back_within_an_instance() {
    let mut outside = Outside::new();
    outside.now = Timestamp::from_ticks(9_000);
    let (mut orchestration, _) = outside.running("a", Vec::new());
    outside.now = Timestamp::from_ticks(10);
    let go = outside.raised("a", "go");
    orchestration.receive(go, &mut outside.env());
    let (events, _) = orchestration.begin("", Taking::Everything, &mut outside.env());
    let marker: Timestamp = events[0].timestamp.unwrap().into();
    assert_eq!(marker, Timestamp::from_ticks(9_000));
}

#[test]
fn an_episode_can_be_sent_again_as_it_was() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.start("a");
    let (events, _) = orchestration.begin("", Taking::Everything, &mut outside.env());
    assert!(orchestration.in_episode() && !orchestration.is_ready());
    assert_eq!(orchestration.resend().unwrap(), events);
}
