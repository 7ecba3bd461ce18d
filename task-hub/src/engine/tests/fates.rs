//! The fate of every duplicate, late and unknown message.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    EntityLockGrantedEvent, ExecutionResumedEvent, ExecutionStartedEvent, ExecutionSuspendedEvent,
    ExecutionTerminatedEvent, OrchestrationStatus, OrchestratorResponse,
    SubOrchestrationInstanceCompletedEvent, TaskFailedEvent, TimerFiredEvent,
};
use durable_task::{ExecutionId, Status};

use super::{Outside, activity, complete, completed, id};
use crate::engine::{Closes, Delta, Drop, Instance, Orchestration, Taking};

fn timer_fired(timer_id: i32) -> EventType {
    EventType::TimerFired(TimerFiredEvent {
        fire_at: None,
        timer_id,
    })
}

fn child_completed(task: i32) -> EventType {
    EventType::SubOrchestrationInstanceCompleted(SubOrchestrationInstanceCompletedEvent {
        task_scheduled_id: task,
        result: None,
    })
}

fn receive(outside: &mut Outside, instance: &mut Orchestration, event: EventType) -> Delta {
    let message = outside.message("a", event);
    instance.receive(message, &mut outside.env())
}

#[test]
fn replies_to_what_is_not_open_are_dropped() {
    let replies = [
        completed(7),
        EventType::TaskFailed(TaskFailedEvent {
            task_scheduled_id: 7,
            failure_details: None,
        }),
        timer_fired(7),
        child_completed(7),
    ];
    for reply in replies {
        let mut outside = Outside::new();
        let (mut orchestration, _) = outside.running("a", vec![activity("x")]);
        let delta = receive(&mut outside, &mut orchestration, reply.clone());
        assert_eq!(delta.dropped, [Drop::NotOpen], "{reply:?}");
        assert!(!orchestration.is_ready());
    }
}

#[test]
fn the_second_reply_to_a_task_is_dropped() {
    let mut outside = Outside::new();
    let (mut orchestration, opened) = outside.running("a", vec![activity("x")]);
    let row = opened.tasks_opened[0].id;
    let first = outside
        .message("a", completed(0))
        .closing(Closes::Task(row));
    let delta = orchestration.receive(first, &mut outside.env());
    assert_eq!(delta.tasks_closed, [row]);
    assert!(delta.dropped.is_empty());
    let delta = receive(&mut outside, &mut orchestration, completed(0));
    assert_eq!(delta.dropped, [Drop::NotOpen]);
    assert_eq!(orchestration.backlog(), 1);
}

#[test]
fn a_dropped_reply_still_closes_its_row() {
    let mut outside = Outside::new();
    let done = complete(OrchestrationStatus::Completed, "1");
    let (mut ended, _) = outside.running("a", vec![activity("x"), done]);
    assert_eq!(ended.status(), Status::Completed);
    let reply = outside.message("a", completed(0)).closing(Closes::Task(9));
    let delta = ended.receive(reply, &mut outside.env());
    assert_eq!(delta.tasks_closed, [9]);
    assert_eq!(delta.dropped, [Drop::Ended]);
    let mut absent = Instance::absent(id("a"), outside.now);
    let at = outside.now;
    let fired = outside
        .message("a", timer_fired(0))
        .closing(Closes::Timer(at, 8));
    let delta = absent.receive(fired, &mut outside.env());
    assert_eq!(delta.timers_closed, [(at, 8)]);
    assert_eq!(delta.dropped, [Drop::Absent]);
}

#[test]
fn messages_for_other_executions_are_dropped() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", vec![activity("x")]);
    let other = outside
        .message("a", completed(0))
        .for_execution(ExecutionId::new("earlier"));
    let delta = orchestration.receive(other, &mut outside.env());
    assert_eq!(delta.dropped, [Drop::OtherExecution]);
}

#[test]
fn everything_is_dropped_by_what_has_ended() {
    let events = [
        completed(0),
        timer_fired(0),
        child_completed(0),
        EventType::ExecutionTerminated(ExecutionTerminatedEvent::default()),
        EventType::ExecutionSuspended(ExecutionSuspendedEvent::default()),
        EventType::ExecutionResumed(ExecutionResumedEvent::default()),
        EventType::EntityLockGranted(EntityLockGrantedEvent::default()),
    ];
    for event in events {
        let mut outside = Outside::new();
        let done = complete(OrchestrationStatus::Completed, "1");
        let (mut ended, _) = outside.running("a", vec![done]);
        let delta = receive(&mut outside, &mut ended, event.clone());
        assert_eq!(delta.dropped, [Drop::Ended], "{event:?}");
        assert_eq!(ended.status(), Status::Completed);
        assert_eq!(ended.backlog(), 0);
    }
}

#[test]
fn a_stored_message_that_is_dropped_loses_its_row() {
    let mut outside = Outside::new();
    let done = complete(OrchestrationStatus::Completed, "1");
    let (mut ended, _) = outside.running("a", vec![done]);
    let mut late = outside.raised("a", "go");
    late.stored = true;
    let row = late.id;
    let delta = ended.receive(late, &mut outside.env());
    assert_eq!(delta.consumed, [row]);
}

#[test]
fn suspending_twice_and_resuming_what_runs_change_nothing() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", vec![activity("x")]);
    let suspend = || EventType::ExecutionSuspended(ExecutionSuspendedEvent::default());
    let resume = || EventType::ExecutionResumed(ExecutionResumedEvent::default());
    let delta = receive(&mut outside, &mut orchestration, resume());
    assert_eq!(delta.dropped, [Drop::NoChange]);
    receive(&mut outside, &mut orchestration, suspend());
    let delta = receive(&mut outside, &mut orchestration, suspend());
    assert_eq!(delta.dropped, [Drop::NoChange]);
    assert_eq!(orchestration.status(), Status::Suspended);
    receive(&mut outside, &mut orchestration, completed(0));
    assert!(!orchestration.is_ready(), "results wait while suspended");
    receive(&mut outside, &mut orchestration, resume());
    assert!(orchestration.is_ready());
    let (events, _) = orchestration.begin("", Taking::Everything, &mut outside.env());
    let kinds: Vec<_> = events.iter().map(super::kind).collect();
    assert_eq!(
        kinds,
        [
            "OrchestratorStarted",
            "ExecutionSuspended",
            "TaskCompleted",
            "ExecutionResumed"
        ],
        "in the order in which they came"
    );
}

#[test]
fn a_second_start_event_is_dropped() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", Vec::new());
    let start = EventType::ExecutionStarted(ExecutionStartedEvent::default());
    let execution = orchestration.identity.execution_id.clone();
    let second = outside.message("a", start).for_execution(execution);
    let delta = orchestration.receive(second, &mut outside.env());
    assert_eq!(delta.dropped, [Drop::StartedBefore]);
}

#[test]
fn an_answer_without_an_episode_changes_nothing() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", vec![activity("x")]);
    let before = orchestration.clone();
    let delta = orchestration.apply(OrchestratorResponse::default(), &mut outside.env());
    assert!(delta.is_empty());
    assert_eq!(orchestration, before);
}

#[test]
fn what_is_absent_takes_nothing() {
    let mut outside = Outside::new();
    let mut absent = Instance::absent(id("a"), outside.now);
    let message = outside.raised("a", "go");
    let delta = absent.receive(message, &mut outside.env());
    assert_eq!(delta.dropped, [Drop::Absent]);
    assert!(!absent.is_ready());
}
