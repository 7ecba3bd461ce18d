//! How instances begin.

use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{ExecutionStartedEvent, TraceContext};
use durable_task::{ExecutionId, Status};
use prost::Message as _;

use super::{Outside, id, kind};
use crate::engine::{Drop, Instance, Orchestration, RowChange, StartOrder, Taking};

#[test]
fn a_start_waits_for_its_first_episode() {
    let mut outside = Outside::new();
    let (mut orchestration, delta) = outside.start("a");
    assert_eq!(orchestration.status(), Status::Pending);
    assert!(orchestration.is_ready());
    assert!(matches!(delta.row, RowChange::Created { .. }));
    let (events, delta) = orchestration.begin("2.0", Taking::Everything, &mut outside.env());
    assert_eq!(
        events.iter().map(kind).collect::<Vec<_>>(),
        ["OrchestratorStarted", "ExecutionStarted"]
    );
    assert_eq!(orchestration.identity.version.as_deref(), Some("2.0"));
    assert_eq!(delta.row, RowChange::Changed, "the version is kept");
    let Some(EventType::ExecutionStarted(start)) = &events[1].event_type else {
        panic!("{events:?}");
    };
    assert_eq!(start.version.as_deref(), Some("2.0"));
    let instance = start.orchestration_instance.clone().unwrap();
    assert_eq!(instance.instance_id, "a");
    assert_eq!(
        instance.execution_id.as_deref(),
        Some(orchestration.identity.execution_id.as_str())
    );
}

#[test]
fn a_start_in_the_future_is_a_timer_and_events_before_it_wait() {
    let mut outside = Outside::new();
    let due = outside.now.saturating_add(Duration::from_secs(1));
    let order = StartOrder {
        name: String::from("work"),
        scheduled_at: Some(due),
        ..StartOrder::default()
    };
    let (mut orchestration, delta) = Orchestration::start(id("a"), order, &mut outside.env());
    assert_eq!(delta.timers_opened.len(), 1);
    assert_eq!(delta.timers_opened[0].fire_at, due);
    let early = outside.raised("a", "go");
    orchestration.receive(early, &mut outside.env());
    assert!(!orchestration.is_ready());
    let event = delta.timers_opened[0].event.clone().unwrap();
    let event = durable_task::wire::proto::HistoryEvent::decode(event.as_slice()).unwrap();
    let start = outside
        .message("a", event.event_type.unwrap())
        .for_execution(orchestration.identity.execution_id.clone());
    orchestration.receive(start, &mut outside.env());
    assert!(orchestration.is_ready());
    let (events, _) = orchestration.begin("", Taking::Everything, &mut outside.env());
    let kinds: Vec<_> = events.iter().map(kind).collect();
    assert_eq!(
        kinds,
        ["OrchestratorStarted", "ExecutionStarted", "EventRaised"],
        "the start comes first"
    );
}

#[test]
fn a_message_starts_what_is_absent_or_has_ended_and_no_live_instance() {
    let mut outside = Outside::new();
    let order = || {
        EventType::ExecutionStarted(ExecutionStartedEvent {
            name: String::from("child"),
            ..ExecutionStartedEvent::default()
        })
    };
    let mut instance = Instance::absent(id("c"), outside.now);
    let start = outside.message("c", order());
    let delta = instance.receive(start, &mut outside.env());
    assert!(matches!(delta.row, RowChange::Created { .. }));
    assert!(instance.is_ready());
    let again = outside.message("c", order());
    let delta = instance.receive(again, &mut outside.env());
    assert_eq!(delta.dropped, [Drop::StartedBefore]);
    let orchestration = instance.orchestration().unwrap();
    let execution = orchestration.identity.execution_id.clone();
    orchestration.end_for_replacement(&mut outside.env());
    let again = outside.message("c", order());
    let delta = instance.receive(again, &mut outside.env());
    assert!(matches!(delta.row, RowChange::Created { .. }));
    let orchestration = instance.orchestration().unwrap();
    assert_ne!(orchestration.identity.execution_id, execution);
    assert_eq!(orchestration.status(), Status::Pending);
}

#[test]
fn a_start_keeps_its_execution_id_and_its_trace() {
    let mut outside = Outside::new();
    let trace = TraceContext {
        trace_parent: String::from("00-trace-span-01"),
        ..TraceContext::default()
    };
    let order = StartOrder {
        name: String::from("work"),
        execution_id: Some(ExecutionId::new("mine")),
        trace_context: Some(trace.clone()),
        ..StartOrder::default()
    };
    let (mut orchestration, _) = Orchestration::start(id("a"), order, &mut outside.env());
    assert_eq!(orchestration.identity.execution_id.as_str(), "mine");
    let (events, _) = orchestration.begin("", Taking::Everything, &mut outside.env());
    let Some(EventType::ExecutionStarted(start)) = &events[1].event_type else {
        panic!("{events:?}");
    };
    assert_eq!(start.parent_trace_context.as_ref(), Some(&trace));
    let instance = start.orchestration_instance.clone().unwrap();
    assert_eq!(instance.execution_id.as_deref(), Some("mine"));
    // So does one that an orchestration asked for.
    let mut instance = Instance::absent(id("c"), outside.now);
    let start = EventType::ExecutionStarted(ExecutionStartedEvent {
        name: String::from("child"),
        parent_trace_context: Some(trace.clone()),
        ..ExecutionStartedEvent::default()
    });
    let start = outside.message("c", start);
    instance.receive(start, &mut outside.env());
    let (events, _) =
        instance
            .orchestration()
            .unwrap()
            .begin("", Taking::Everything, &mut outside.env());
    let Some(EventType::ExecutionStarted(start)) = &events[1].event_type else {
        panic!("{events:?}");
    };
    assert_eq!(start.parent_trace_context.as_ref(), Some(&trace));
}

#[test]
fn the_hub_knows_whether_it_chose_the_version() {
    for (given, expected) in [(None, true), (Some("1.0"), false)] {
        let mut outside = Outside::new();
        let order = StartOrder {
            name: String::from("work"),
            version: given.map(str::to_owned),
            ..StartOrder::default()
        };
        let (mut orchestration, _) = Orchestration::start(id("a"), order, &mut outside.env());
        assert!(!orchestration.identity.version_by_hub);
        orchestration.begin("2.0", Taking::Everything, &mut outside.env());
        assert_eq!(orchestration.identity.version_by_hub, expected);
        let version = orchestration.identity.version.as_deref();
        assert_eq!(version, given.or(Some("2.0")));
    }
}

#[test]
fn one_that_waits_keeps_no_room_for_messages() {
    let mut outside = Outside::new();
    let (orchestration, _) = outside.running("a", Vec::new());
    assert!(orchestration.inbox.capacity() > 0);
    let mut instance = Instance::Orchestration(Box::new(orchestration));
    instance.rest();
    assert_eq!(instance.orchestration().unwrap().inbox.capacity(), 0);
    let raised = outside.raised("a", "go");
    instance.receive(raised, &mut outside.env());
    instance.rest();
    assert!(instance.is_ready(), "what waits stays");
}
