//! What the engine refuses.

use durable_task::Status;
use durable_task::wire::proto::OrchestratorResponse;

use super::{Outside, activity, kinds};
use crate::engine::limits::CUSTOM_STATUS_BYTES_MAX;
use crate::engine::{Orchestration, Taking};

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
        for _ in 0..100 {
            if orchestration.is_ended() {
                break;
            }
            let go = outside.raised("a", "go");
            orchestration.receive(go, &mut outside.env());
            let delta = outside.episode(&mut orchestration, vec![activity("x")]);
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
