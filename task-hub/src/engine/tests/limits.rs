//! What the engine refuses.

use durable_task::Status;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_action::OperationActionType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::{
    ActivityResponse, CompleteOrchestrationAction, CreateSubOrchestrationAction, EntityBatchResult,
    EntityOperationCalledEvent, EntityOperationSignaledEvent, EventRaisedEvent, HistoryEvent,
    OperationAction, OperationResult, OperationResultSuccess, OrchestratorResponse,
    ScheduleTaskAction, SendEntityMessageAction, SendEventAction, SendSignalAction,
    TaskFailureDetails,
};

use super::{Outside, activity, completed, id, kinds, response, warnings};
use crate::engine::limits::CUSTOM_STATUS_BYTES_MAX;
use crate::engine::{Entity, Orchestration, Taking, bounded_response};

fn with_status(status: String) -> (Orchestration, crate::engine::Delta) {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.start("a");
    orchestration.begin("", Taking::Everything, &mut outside.env());
    let response = OrchestratorResponse {
        custom_status: Some(status),
        ..OrchestratorResponse::default()
    };
    let delta = orchestration.apply(response, &mut outside.env());
    (orchestration, delta)
}

#[test]
fn a_custom_status_is_measured_in_utf_16() {
    let limit = CUSTOM_STATUS_BYTES_MAX / 2;
    for (text, fits) in [
        ("x".repeat(limit), true),
        ("x".repeat(limit + 1), false),
        ("é".repeat(limit), true),
        // Two units each.
        ("😀".repeat(limit / 2), true),
        ("😀".repeat(limit / 2 + 1), false),
    ] {
        let (orchestration, delta) = with_status(text.clone());
        if fits {
            assert_eq!(orchestration.status(), Status::Running);
            assert_eq!(
                orchestration.step().custom_status.as_deref(),
                Some(text.as_str())
            );
        } else {
            assert_eq!(orchestration.status(), Status::Failed);
            let failure = delta.end.unwrap().failure.unwrap();
            assert_eq!(failure.error_type, "CustomStatusTooLarge");
            assert!(!failure.error_message.contains(&text[..8]), "no user data");
        }
    }
}

#[test]
fn a_history_has_a_size() {
    let mut by_events = Outside::new();
    by_events.limits.history_events_max = 10;
    let mut by_bytes = Outside::new();
    by_bytes.limits.history_bytes_max = 250;
    for mut outside in [by_events, by_bytes] {
        let (mut orchestration, _) = outside.running("a", Vec::new());
        for step in 0..100 {
            if orchestration.is_ended() {
                break;
            }
            let go = outside.raised("a", "go");
            orchestration.receive(go, &mut outside.env());
            orchestration.begin("", Taking::Everything, &mut outside.env());
            let answer = response(step, vec![activity("x")]);
            let delta = orchestration.apply(answer, &mut outside.env());
            if let Some(end) = delta.end.clone() {
                let failure = end.failure.unwrap();
                assert_eq!(failure.error_type, "HistoryTooLarge");
                assert!(failure.error_message.contains("continue_as_new"));
                assert!(failure.is_non_retriable);
                assert!(kinds(&delta).contains(&"ExecutionCompleted"));
            }
        }
        assert_eq!(orchestration.status(), Status::Failed);
        assert!(orchestration.history.events <= 20);
    }
}

#[test]
fn a_history_is_warned_of_once_at_a_tenth() {
    for steps_max in [9, 20] {
        let mut outside = Outside::new();
        // Each step has four events: the mark is reached by the last event of the tenth one.
        outside.limits.history_events_max = 400;
        let logged = warnings::during(|| {
            let (mut orchestration, _) = outside.running("a", vec![activity("x")]);
            assert_eq!(orchestration.history.events, 4);
            for step in 1..steps_max {
                let done = outside.message("a", completed(step - 1));
                orchestration.receive(done, &mut outside.env());
                orchestration.begin("", Taking::Everything, &mut outside.env());
                let answer = response(step, vec![activity("x")]);
                orchestration.apply(answer, &mut outside.env());
                assert_eq!(
                    orchestration.history.events,
                    4 * (u64::from(step.unsigned_abs()) + 1)
                );
            }
            assert_eq!(orchestration.status(), Status::Running);
        });
        assert_eq!(logged.len(), usize::from(steps_max > 9), "{logged:?}");
        assert!(
            logged.iter().all(|text| text.contains("events=40 ")),
            "{logged:?}"
        );
    }
}

#[test]
fn the_size_of_a_history_is_that_of_its_events() {
    let mut outside = Outside::new();
    let (mut orchestration, first) = outside.running("a", vec![activity("x")]);
    let go = outside.raised("a", "go");
    orchestration.receive(go, &mut outside.env());
    let second = outside.episode(&mut orchestration, Vec::new());
    let events = first.history.events() + second.history.events();
    let bytes = first.history.len() + second.history.len();
    assert_eq!(orchestration.history.events, events);
    assert_eq!(orchestration.history.bytes, bytes as u64);
}

fn long(limits: &crate::engine::EngineLimits) -> String {
    "x".repeat(limits.payload_bytes_max + 1)
}

#[test]
fn a_value_that_is_too_large_fails_the_orchestration_and_does_nothing_else() {
    let mut outside = Outside::new();
    outside.limits.payload_bytes_max = 10;
    let limits = outside.limits;
    let long = || Some(long(&limits));
    let carried = HistoryEvent {
        event_type: Some(EventType::EventRaised(EventRaisedEvent {
            name: String::from("go"),
            input: long(),
        })),
        ..HistoryEvent::default()
    };
    let table = [
        (
            Action::ScheduleTask(ScheduleTaskAction {
                name: String::from("work"),
                input: long(),
                ..ScheduleTaskAction::default()
            }),
            "the input of activity `work`",
        ),
        (
            Action::CreateSubOrchestration(CreateSubOrchestrationAction {
                name: String::from("child"),
                input: long(),
                ..CreateSubOrchestrationAction::default()
            }),
            "the input of orchestrator `child`",
        ),
        (
            Action::SendEvent(SendEventAction {
                name: String::from("go"),
                data: long(),
                ..SendEventAction::default()
            }),
            "event `go`",
        ),
        (
            Action::SendEntityMessage(SendEntityMessageAction {
                entity_message_type: Some(EntityMessageType::EntityOperationCalled(
                    EntityOperationCalledEvent {
                        operation: String::from("add"),
                        input: long(),
                        ..EntityOperationCalledEvent::default()
                    },
                )),
            }),
            "the input of operation `add`",
        ),
        (
            Action::CompleteOrchestration(CompleteOrchestrationAction {
                result: long(),
                ..CompleteOrchestrationAction::default()
            }),
            "the result",
        ),
        (
            Action::CompleteOrchestration(CompleteOrchestrationAction {
                carryover_events: vec![carried],
                ..CompleteOrchestrationAction::default()
            }),
            "event `go`",
        ),
    ];
    for (action, what) in table {
        let (orchestration, delta) = outside.running("a", vec![activity("before"), action]);
        assert_eq!(orchestration.status(), Status::Failed, "{what}");
        let failure = delta.end.unwrap().failure.unwrap();
        assert_eq!(failure.error_type, "PayloadTooLarge");
        assert!(failure.error_message.starts_with(what), "{failure:?}");
        assert!(failure.error_message.contains("`payload_bytes_max`"));
        assert!(failure.is_non_retriable);
        assert!(
            delta.tasks_opened.is_empty() && delta.messages.is_empty(),
            "{what}"
        );
    }
}

#[test]
fn a_result_of_an_activity_that_is_too_large_is_its_failure() {
    let limits = crate::engine::EngineLimits {
        payload_bytes_max: 10,
        ..Default::default()
    };
    let response = |result: Option<String>| ActivityResponse {
        result,
        ..ActivityResponse::default()
    };
    let fits = response(Some("x".repeat(10)));
    assert_eq!(bounded_response(fits.clone(), &limits), fits);
    let refused = bounded_response(response(Some(long(&limits))), &limits);
    assert_eq!(refused.result, None);
    assert_eq!(
        refused.failure_details.unwrap().error_type,
        "PayloadTooLarge"
    );
    let mut deep = TaskFailureDetails::default();
    for _ in 0..90 {
        deep = TaskFailureDetails {
            inner_failure: Some(Box::new(deep)),
            error_message: "x".repeat(100_000),
            ..TaskFailureDetails::default()
        };
    }
    let failed = ActivityResponse {
        failure_details: Some(deep.clone()),
        ..ActivityResponse::default()
    };
    let bounded = bounded_response(failed, &limits).failure_details;
    assert_eq!(bounded, Some(deep.bounded()));
}

#[test]
fn an_entity_keeps_its_state_if_the_new_one_is_too_large() {
    let mut outside = Outside::new();
    outside.limits.payload_bytes_max = 10;
    let mut entity = Entity::new(id("@c@k"), outside.now);
    let call = |request: &str| {
        EventType::EntityOperationCalled(EntityOperationCalledEvent {
            request_id: request.to_owned(),
            parent_instance_id: Some(String::from("p")),
            ..EntityOperationCalledEvent::default()
        })
    };
    let success = |result: Option<String>| OperationResult {
        result_type: Some(ResultType::Success(OperationResultSuccess {
            result,
            ..OperationResultSuccess::default()
        })),
    };
    let mut batch = |state: Option<String>, result: Option<String>| {
        let message = outside.message("@c@k", call("r")).sent_by(id("p"));
        entity.receive(message, &mut outside.env());
        entity.begin(1, Taking::Everything);
        let answer = EntityBatchResult {
            results: vec![success(result)],
            entity_state: state,
            ..EntityBatchResult::default()
        };
        let delta = entity.apply(answer, &mut outside.env());
        let failure = match delta.messages[0].event.event_type.clone().unwrap() {
            EventType::EntityOperationFailed(failed) => failed.failure_details,
            _ => None,
        };
        let message = failure.map(|failure| failure.error_message);
        (
            entity.state().map(ToString::to_string),
            message.unwrap_or_default(),
        )
    };
    let small = Some(String::from("1"));
    let large = Some("x".repeat(11));
    assert_eq!(
        batch(small.clone(), small.clone()),
        (small.clone(), String::new())
    );
    let (state, message) = batch(large.clone(), small.clone());
    assert_eq!(state, small);
    assert!(message.starts_with("the state has 11 bytes"), "{message}");
    let (state, message) = batch(Some(String::from("2")), large);
    assert_eq!(state.as_deref(), Some("2"));
    assert!(message.starts_with("the result has 11 bytes"), "{message}");
}

#[test]
fn an_entity_that_sends_too_much_sends_nothing_and_keeps_its_state() {
    let mut outside = Outside::new();
    outside.limits.payload_bytes_max = 10;
    let mut entity = Entity::new(id("@c@k"), outside.now);
    let signal = EventType::EntityOperationSignaled(EntityOperationSignaledEvent::default());
    let message = outside.message("@c@k", signal);
    entity.receive(message, &mut outside.env());
    entity.begin(1, Taking::Everything);
    let send = SendSignalAction {
        instance_id: String::from("@c@other"),
        input: Some("x".repeat(11)),
        ..SendSignalAction::default()
    };
    let answer = EntityBatchResult {
        results: vec![OperationResult {
            result_type: Some(ResultType::Success(OperationResultSuccess::default())),
        }],
        actions: vec![OperationAction {
            operation_action_type: Some(OperationActionType::SendSignal(send)),
            ..OperationAction::default()
        }],
        entity_state: Some(String::from("1")),
        ..EntityBatchResult::default()
    };
    let delta = entity.apply(answer, &mut outside.env());
    assert!(delta.messages.is_empty());
    assert_eq!(entity.state(), None);
    assert_eq!(entity.backlog(), 0, "the operation is over");
}
