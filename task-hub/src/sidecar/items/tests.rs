use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{ActivityRequest, EventRaisedEvent};

use super::*;

const TAKES: Takes = Takes {
    form: EntityForm::V2,
    streams: true,
    any_streams: true,
    stream_above_bytes: 1_000,
    message_bytes_max: 4_000,
};

fn event(bytes: usize) -> HistoryEvent {
    HistoryEvent {
        event_type: Some(EventType::EventRaised(EventRaisedEvent {
            name: String::from("e"),
            input: Some("x".repeat(bytes)),
        })),
        ..HistoryEvent::default()
    }
}

fn episode(takes: Takes, past: &[usize], new: usize) -> Outgoing {
    let request = OrchestratorRequest {
        instance_id: String::from("a"),
        execution_id: Some(String::from("e")),
        past_events: past.iter().map(|bytes| event(*bytes)).collect(),
        new_events: vec![event(new)],
        ..OrchestratorRequest::default()
    };
    let request = WorkRequest::Orchestrator {
        request,
        warm: false,
    };
    takes.write(request, Timestamp::EPOCH)
}

/// The request that was written, and the history that is kept for it.
fn written(outgoing: Outgoing) -> (OrchestratorRequest, Option<usize>) {
    let Outgoing::Write(item, OutKind::Orchestrator(episode)) = outgoing else {
        panic!("{outgoing:?}");
    };
    assert!(item.encoded_len() <= TAKES.message_bytes_max);
    let Some(Request::OrchestratorRequest(request)) = item.request else {
        panic!("another item");
    };
    (request, episode.history.map(|events| events.len()))
}

/// The answer that was given in the worker's place.
fn answered(outgoing: Outgoing) -> WorkAnswer {
    match outgoing {
        Outgoing::Answer(answer) => *answer,
        Outgoing::Write(..) => panic!("{outgoing:?}"),
    }
}

/// The failure that an instance is ended with.
fn failed(outgoing: Outgoing) -> (String, String) {
    let WorkAnswer::Orchestrator { response, .. } = answered(outgoing) else {
        panic!("another kind");
    };
    let Some(Action::CompleteOrchestration(complete)) = response
        .actions
        .into_iter()
        .next()
        .unwrap()
        .orchestrator_action_type
    else {
        panic!("another action");
    };
    let failure = complete.failure_details.unwrap();
    (failure.error_type, failure.error_message)
}

#[test]
fn a_small_history_is_sent_along() {
    let (request, kept) = written(episode(TAKES, &[400, 400], 10));
    assert_eq!((request.past_events.len(), kept), (2, None));
    assert!(!request.requires_history_streaming);
    let window = request
        .entity_parameters
        .unwrap()
        .entity_message_reorder_window;
    assert_eq!(window.unwrap().seconds, 1_800);
}

#[test]
fn a_large_history_is_streamed_to_workers_that_can_and_new_events_never() {
    let (request, kept) = written(episode(TAKES, &[700, 700], 10));
    assert_eq!((request.past_events.len(), kept), (0, Some(2)));
    assert_eq!(request.new_events.len(), 1);
    assert!(request.requires_history_streaming);
    // A history below the threshold that does not fit beside new events is streamed, too.
    let (request, kept) = written(episode(TAKES, &[900], 3_200));
    assert_eq!((request.past_events.len(), kept), (0, Some(1)));
}

#[test]
fn a_worker_without_streams_gets_the_history_as_long_as_it_fits() {
    let takes = Takes {
        streams: false,
        any_streams: false,
        ..TAKES
    };
    let (request, kept) = written(episode(takes, &[1_700, 1_700], 10));
    assert_eq!((request.past_events.len(), kept), (2, None));
    let (error_type, message) = failed(episode(takes, &[2_000, 2_000], 10));
    assert_eq!(error_type, "MessageTooLarge");
    assert!(message.starts_with("the history has 40"), "{message}");
    assert!(message.contains("continue_as_new"), "{message}");
}

#[test]
fn a_worker_without_streams_leaves_a_large_history_to_one_that_has_them() {
    let takes = Takes {
        streams: false,
        ..TAKES
    };
    let WorkAnswer::Abandoned { reason } = answered(episode(takes, &[2_000, 2_000], 10)) else {
        panic!("another answer");
    };
    assert!(reason.contains("no streamed histories"), "{reason}");
}

#[test]
fn new_events_that_no_message_can_carry_end_the_instance() {
    for streams in [true, false] {
        let takes = Takes { streams, ..TAKES };
        let (error_type, message) = failed(episode(takes, &[10], 4_000));
        assert_eq!(error_type, "MessageTooLarge");
        assert!(message.starts_with("the new events"), "{message}");
    }
}

#[test]
fn an_activity_whose_input_no_message_can_carry_fails() {
    let activity = |bytes| {
        let request = ActivityRequest {
            input: Some("x".repeat(bytes)),
            ..ActivityRequest::default()
        };
        TAKES.write(WorkRequest::Activity(request), Timestamp::EPOCH)
    };
    let small = activity(3_900);
    assert!(
        matches!(small, Outgoing::Write(_, OutKind::Activity)),
        "{small:?}"
    );
    let WorkAnswer::Activity(response) = answered(activity(4_000)) else {
        panic!("it was written");
    };
    let failure = response.failure_details.unwrap();
    assert_eq!(failure.error_type, "MessageTooLarge");
}

fn batch(takes: Takes, state: usize, inputs: &[usize]) -> Outgoing {
    let operation = |(index, bytes): (usize, &usize)| OperationRequest {
        operation: String::from("add"),
        request_id: index.to_string(),
        input: Some("x".repeat(*bytes)),
        trace_context: None,
    };
    let request = EntityBatchRequest {
        instance_id: String::from("@counter@k"),
        entity_state: Some("s".repeat(state)),
        operations: inputs.iter().enumerate().map(operation).collect(),
        ..EntityBatchRequest::default()
    };
    let caller = |index: usize| {
        index.is_multiple_of(2).then(|| OrchestrationInstance {
            instance_id: format!("i{index}"),
            execution_id: Some(String::from("e")),
        })
    };
    let callers = (0..inputs.len()).map(caller).collect();
    takes.write(WorkRequest::Entity { request, callers }, Timestamp::EPOCH)
}

#[test]
fn the_second_form_tells_calls_from_signals() {
    let Outgoing::Write(item, OutKind::Entity) = batch(TAKES, 3, &[1, 1]) else {
        panic!("not written");
    };
    let Some(Request::EntityRequestV2(request)) = item.request else {
        panic!("another form");
    };
    assert_eq!(request.entity_state.as_deref(), Some("sss"));
    let events = request.operation_requests;
    assert!(
        events
            .iter()
            .all(|event| event.timestamp.is_some() && event.event_id == -1)
    );
    let target = Some(String::from("@counter@k"));
    match (&events[0].event_type, &events[1].event_type) {
        (
            Some(EventType::EntityOperationCalled(called)),
            Some(EventType::EntityOperationSignaled(signaled)),
        ) => {
            assert_eq!(called.parent_instance_id.as_deref(), Some("i0"));
            assert_eq!(called.parent_execution_id.as_deref(), Some("e"));
            assert_eq!(called.target_instance_id, target);
            assert_eq!(signaled.target_instance_id, target);
            assert_eq!(signaled.request_id, "1");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_form_is_the_batch_itself() {
    let takes = Takes {
        form: EntityForm::V1,
        ..TAKES
    };
    let Outgoing::Write(item, OutKind::Entity) = batch(takes, 3, &[1, 1]) else {
        panic!("not written");
    };
    let Some(Request::EntityRequest(request)) = item.request else {
        panic!("another form");
    };
    assert_eq!(request.operations.len(), 2);
}

#[test]
fn a_batch_is_cut_to_what_a_message_carries() {
    let Outgoing::Write(item, OutKind::Entity) = batch(TAKES, 100, &[900; 9]) else {
        panic!("not written");
    };
    let Some(Request::EntityRequestV2(request)) = &item.request else {
        panic!("another form");
    };
    let operations = request.operation_requests.len();
    assert!((1..=4).contains(&operations), "{operations}");
    assert!(item.encoded_len() < TAKES.message_bytes_max);
}

#[test]
fn an_operation_that_no_message_can_carry_fails_and_the_state_stays() {
    let WorkAnswer::Entity(result) = answered(batch(TAKES, 3_000, &[2_000, 1])) else {
        panic!("not answered");
    };
    assert_eq!(result.results.len(), 1, "the second one waits again");
    assert_eq!(result.entity_state, Some("s".repeat(3_000)));
}
