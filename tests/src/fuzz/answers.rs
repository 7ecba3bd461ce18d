//! Answers as workers give them, to be changed.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_action::OperationActionType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::{
    ActivityRequest, CompleteOrchestrationAction, CreateSubOrchestrationAction, CreateTimerAction,
    EntityBatchRequest, EntityBatchResult, EntityLockRequestedEvent, EntityOperationCalledEvent,
    EntityOperationSignaledEvent, EntityUnlockSentEvent, HistoryEvent, OperationAction,
    OperationResult, OperationResultFailure, OperationResultSuccess, OrchestrationInstance,
    OrchestrationStatus, OrchestratorAction, OrchestratorRequest, OrchestratorResponse,
    RewindOrchestrationAction, ScheduleTaskAction, SendEntityMessageAction, SendEventAction,
    SendSignalAction, StartNewOrchestrationAction, TaskFailureDetails,
    TerminateOrchestrationAction,
};

use super::{Source, json, samples};

/// What the actions of an episode are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Anything,
    EntityEvents,
}

/// Entity messages as events: name and JSON.
const EVENTS: &[(&str, &str)] = &[
    ("op", r#"{"op":"add","id":"11","input":"1"}"#),
    ("op", r#"{"op":"add","signal":true,"id":"12","input":"1"}"#),
    (
        "op@2026-01-01T00:00:00.0000000Z",
        r#"{"op":"add","signal":true,"id":"13","due":"2026-01-01T00:00:00.0000000Z"}"#,
    ),
    (
        "op",
        r#"{"id":"14","lockset":[{"name":"victim","key":"a"},{"name":"victim","key":"b"}]}"#,
    ),
    ("release", r#"{"parent":"victim-0","id":"14"}"#),
];

const IDS: &[&str] = &[
    "victim-0",
    "victim-1",
    "victim-2",
    "other",
    "good-other",
    "",
    "@",
    "@a",
    "@@",
    "@victim@a",
    "@victim@b",
    "@Victim@a",
    "@good@k",
];

pub fn action(id: i32, action: Action) -> OrchestratorAction {
    OrchestratorAction {
        id,
        orchestrator_action_type: Some(action),
    }
}

pub fn call(id: i32, name: &str) -> OrchestratorAction {
    let call = ScheduleTaskAction {
        name: name.to_owned(),
        input: Some(String::from("1")),
        ..ScheduleTaskAction::default()
    };
    action(id, Action::ScheduleTask(call))
}

pub fn complete(id: i32, result: &str) -> OrchestratorAction {
    let complete = CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Completed.into(),
        result: Some(result.to_owned()),
        ..CompleteOrchestrationAction::default()
    };
    action(id, Action::CompleteOrchestration(complete))
}

fn events(request: &OrchestratorRequest) -> impl Iterator<Item = &EventType> {
    let all = request.past_events.iter().chain(&request.new_events);
    all.filter_map(|event| event.event_type.as_ref())
}

/// How many activities of this instance have answered.
pub fn activities_done(request: &OrchestratorRequest) -> usize {
    events(request)
        .filter(|event| matches!(event, EventType::TaskCompleted(_)))
        .count()
}

/// Whether an activity is under way.
pub fn waits(request: &OrchestratorRequest) -> bool {
    let calls = events(request).filter(|event| matches!(event, EventType::TaskScheduled(_)));
    calls.count() > activities_done(request)
}

pub fn is_end(event: &HistoryEvent) -> bool {
    matches!(event.event_type, Some(EventType::ExecutionCompleted(_)))
}

pub fn instance_of(request: &ActivityRequest) -> String {
    let instance = request.orchestration_instance.as_ref();
    instance.map_or_else(String::new, |instance| instance.instance_id.clone())
}

/// A batch whose operations all succeed.
pub fn operated(request: &EntityBatchRequest) -> EntityBatchResult {
    let success = ResultType::Success(OperationResultSuccess {
        result: Some(String::from("1")),
        ..OperationResultSuccess::default()
    });
    let one = OperationResult {
        result_type: Some(success),
    };
    EntityBatchResult {
        results: vec![one; request.operations.len()],
        entity_state: Some(String::from("1")),
        ..EntityBatchResult::default()
    }
}

/// A batch with failures and actions.
pub fn batch(source: &mut Source, request: &EntityBatchRequest) -> EntityBatchResult {
    let mut result = operated(request);
    if source.one_in(4)
        && let Some(last) = result.results.last_mut()
    {
        last.result_type = Some(ResultType::Failure(OperationResultFailure {
            failure_details: Some(failure(3)),
            ..OperationResultFailure::default()
        }));
    }
    for id in 0..source.below(3) {
        let target = (*source.pick(IDS)).to_owned();
        let action = if source.one_in(2) {
            OperationActionType::SendSignal(SendSignalAction {
                instance_id: target,
                name: String::from("add"),
                input: Some(source.text()),
                ..SendSignalAction::default()
            })
        } else {
            OperationActionType::StartNewOrchestration(StartNewOrchestrationAction {
                instance_id: target,
                name: String::from("Victim"),
                ..StartNewOrchestrationAction::default()
            })
        };
        result.actions.push(OperationAction {
            id: i32::try_from(id).unwrap_or(0),
            operation_action_type: Some(action),
        });
    }
    if source.one_in(10) {
        result.failure_details = Some(failure(2));
    }
    result
}

fn failure(depth: usize) -> TaskFailureDetails {
    TaskFailureDetails {
        error_type: String::from("My.Error"),
        error_message: String::from("it broke"),
        stack_trace: Some(String::from("at here")),
        inner_failure: (depth > 0).then(|| Box::new(failure(depth - 1))),
        ..TaskFailureDetails::default()
    }
}

/// An episode with up to five actions.
pub fn episode(
    source: &mut Source,
    style: Style,
    request: &OrchestratorRequest,
) -> OrchestratorResponse {
    let count = source.below(5);
    // Ids as a worker counts them; now and then one again.
    let first = request.past_events.len() + 10 * source.below(3);
    let actions = (0..count).map(|index| {
        let id = i32::try_from(first + index).unwrap_or(0);
        let kind = match style {
            Style::Anything => any_action(source, request),
            Style::EntityEvents => event_to_entity(source),
        };
        action(id, kind)
    });
    let mut actions: Vec<_> = actions.collect();
    if source.one_in(4) {
        actions.push(ending(source, request));
    }
    OrchestratorResponse {
        instance_id: request.instance_id.clone(),
        actions,
        custom_status: source.one_in(3).then(|| source.text()),
        num_events_processed: source.one_in(3).then_some(1),
        requires_history: source.one_in(20),
        ..OrchestratorResponse::default()
    }
}

fn ending(source: &mut Source, request: &OrchestratorRequest) -> OrchestratorAction {
    let status = *source.pick(&[
        OrchestrationStatus::Completed,
        OrchestrationStatus::Failed,
        OrchestrationStatus::Terminated,
        OrchestrationStatus::Canceled,
        OrchestrationStatus::ContinuedAsNew,
        OrchestrationStatus::Running,
        OrchestrationStatus::Suspended,
    ]);
    let complete = CompleteOrchestrationAction {
        orchestration_status: status.into(),
        result: Some(source.text()),
        carryover_events: request.new_events.clone(),
        failure_details: source.one_in(2).then(|| failure(2)),
        ..CompleteOrchestrationAction::default()
    };
    action(99, Action::CompleteOrchestration(complete))
}

fn event_to_entity(source: &mut Source) -> Action {
    let (name, data) = *source.pick(EVENTS);
    let target = match source.below(4) {
        0 => (*source.pick(IDS)).to_owned(),
        1 => source.changed_text("@victim@a"),
        _ => String::from("@victim@a"),
    };
    let name = if source.one_in(6) {
        source.changed_text(name)
    } else {
        name.to_owned()
    };
    Action::SendEvent(SendEventAction {
        instance: Some(OrchestrationInstance {
            instance_id: target,
            ..OrchestrationInstance::default()
        }),
        name,
        data: Some(if source.one_in(3) {
            data.to_owned()
        } else {
            json::changed(source, data)
        }),
    })
}

fn any_action(source: &mut Source, request: &OrchestratorRequest) -> Action {
    let target = (*source.pick(IDS)).to_owned();
    match source.below(9) {
        0 | 1 => Action::ScheduleTask(ScheduleTaskAction {
            name: String::from("step"),
            input: Some(source.text()),
            ..ScheduleTaskAction::default()
        }),
        2 => Action::CreateSubOrchestration(CreateSubOrchestrationAction {
            instance_id: target,
            name: String::from("Victim"),
            ..CreateSubOrchestrationAction::default()
        }),
        3 => Action::CreateTimer(CreateTimerAction {
            fire_at: Some(prost_types::Timestamp {
                seconds: source.number().cast_signed(),
                nanos: 0,
            }),
        }),
        4 => Action::TerminateOrchestration(TerminateOrchestrationAction {
            instance_id: target,
            reason: Some(source.text()),
            recurse: source.one_in(2),
        }),
        5 => {
            let mut new_history = if source.one_in(2) {
                [request.past_events.clone(), request.new_events.clone()].concat()
            } else {
                source.pick(samples::histories()).clone()
            };
            new_history.truncate(20);
            Action::RewindOrchestration(RewindOrchestrationAction { new_history })
        }
        6 => event_to_entity(source),
        _ => Action::SendEntityMessage(SendEntityMessageAction {
            entity_message_type: Some(entity_message(source, target)),
        }),
    }
}

fn entity_message(source: &mut Source, target: String) -> EntityMessageType {
    let request_id = source.below(3).to_string();
    match source.below(4) {
        0 => EntityMessageType::EntityOperationSignaled(EntityOperationSignaledEvent {
            request_id,
            operation: String::from("add"),
            target_instance_id: Some(target),
            ..EntityOperationSignaledEvent::default()
        }),
        1 => EntityMessageType::EntityOperationCalled(EntityOperationCalledEvent {
            request_id,
            operation: String::from("add"),
            target_instance_id: Some(target),
            ..EntityOperationCalledEvent::default()
        }),
        2 => EntityMessageType::EntityLockRequested(EntityLockRequestedEvent {
            critical_section_id: request_id,
            lock_set: vec![String::from("@victim@a"), target],
            ..EntityLockRequestedEvent::default()
        }),
        _ => EntityMessageType::EntityUnlockSent(EntityUnlockSentEvent {
            critical_section_id: request_id,
            target_instance_id: Some(target),
            ..EntityUnlockSentEvent::default()
        }),
    }
}
