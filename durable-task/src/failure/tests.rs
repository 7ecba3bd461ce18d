use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Value};

use super::*;
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{HistoryChunk, HistoryEvent, TaskFailedEvent};
use crate::{InstanceId, OrchestrationError};

fn causes(failure: &Failure) -> Vec<&Failure> {
    std::iter::successors(Some(failure), |failure| failure.inner.as_deref()).collect()
}

/// As it is read again from a history.
fn recorded(details: TaskFailureDetails) -> Failure {
    let event = HistoryEvent {
        event_type: Some(EventType::TaskFailed(TaskFailedEvent {
            failure_details: Some(details),
            ..TaskFailedEvent::default()
        })),
        ..HistoryEvent::default()
    };
    let chunk = HistoryChunk {
        events: vec![event],
    };
    let mut read = HistoryChunk::decode(chunk.encode_to_vec().as_slice()).unwrap();
    match read.events.remove(0).event_type {
        Some(EventType::TaskFailed(failed)) => failed.failure_details.unwrap().into(),
        other => panic!("{other:?}"),
    }
}

fn wrapped(failure: Failure) -> Failure {
    let error = OrchestrationError::SubOrchestration {
        name: String::from("family"),
        instance: InstanceId::from_stored("family:1"),
        failure: Box::new(failure),
    };
    error.into()
}

#[test]
fn failures_nested_through_many_orchestrations_can_be_read_again() {
    let mut failure = Failure::new("Boom", "kaput").non_retriable();
    for level in 1..=500_usize {
        failure = recorded(wrapped(failure).into());
        assert_eq!(causes(&failure).len(), (level + 1).min(FAILURE_DEPTH_MAX));
        assert!(failure.non_retriable);
    }
    let causes = causes(&failure);
    let (last, others) = causes.split_last().unwrap();
    assert!(last.message.ends_with(LEFT_OUT), "{}", last.message);
    assert!(last.message.len() <= FAILURE_TEXT_BYTES_MAX);
    assert!(others.iter().all(|one| !one.message.ends_with(LEFT_OUT)));
}

#[test]
fn failure_within_the_limits_is_recorded_as_it_is() {
    let mut failure = Failure::new("T".repeat(FAILURE_TEXT_BYTES_MAX), "innermost");
    failure.stack_trace = Some(String::from("at x"));
    for level in 1..FAILURE_DEPTH_MAX {
        failure = Failure::new("Outer", level.to_string()).caused_by(failure);
    }
    assert_eq!(recorded(failure.clone().into()), failure);
}

#[test]
fn one_cause_too_many_is_left_out_and_that_is_said_once() {
    let mut failure = Failure::new("Boom", "innermost");
    for level in (0..FAILURE_DEPTH_MAX).rev() {
        failure = Failure::new("Outer", level.to_string()).caused_by(failure);
    }
    let once = recorded(failure.into());
    let last = FAILURE_DEPTH_MAX - 1;
    assert_eq!(causes(&once)[last].message, format!("{last}{LEFT_OUT}"));
    assert_eq!(recorded(once.clone().into()), once);
}

#[test]
fn long_texts_are_cut_between_characters_and_only_once() {
    for text in [
        "x".repeat(20_000),
        "\u{e9}".repeat(10_000),
        "\u{1f980}".repeat(5_000),
    ] {
        let mut failure = Failure::new(text.clone(), text.clone());
        failure.stack_trace = Some(text.clone());
        let cut = recorded(failure.into());
        for kept in [
            &cut.error_type,
            &cut.message,
            cut.stack_trace.as_ref().unwrap(),
        ] {
            let (start, _) = kept.split_once(CUT).unwrap();
            assert!(text.starts_with(start));
            assert!((FAILURE_TEXT_BYTES_MAX - 4..=FAILURE_TEXT_BYTES_MAX).contains(&kept.len()));
        }
        assert_eq!(recorded(cut.clone().into()), cut);
    }
}

#[test]
fn foreign_failures_are_bounded_and_keep_flat_properties() {
    let number = |number| Value {
        kind: Some(Kind::NumberValue(number)),
    };
    let list = |values| Value {
        kind: Some(Kind::ListValue(ListValue { values })),
    };
    let deep = (0..40).fold(number(1.0), |inner, _| list(vec![inner]));
    let properties = [
        (String::from("plain"), number(7.0)),
        (String::from("list"), list(vec![number(7.0), number(8.0)])),
        (String::from("deep"), deep),
    ];
    let mut foreign = TaskFailureDetails::default();
    for _ in 0..200 {
        foreign = TaskFailureDetails {
            error_message: "m".repeat(FAILURE_TEXT_BYTES_MAX),
            inner_failure: Some(Box::new(foreign)),
            properties: properties.clone().into(),
            ..TaskFailureDetails::default()
        };
    }
    let bounded = foreign.bounded();
    assert_eq!(
        bounded.properties.keys().collect::<Vec<_>>(),
        ["list", "plain"]
    );
    let read = recorded(bounded.clone());
    assert_eq!(causes(&read).len(), FAILURE_DEPTH_MAX);
    let longest = causes(&read).iter().map(|one| one.message.len()).max();
    assert_eq!(longest, Some(FAILURE_TEXT_BYTES_MAX));
    assert_eq!(bounded.clone().bounded(), bounded);
}
