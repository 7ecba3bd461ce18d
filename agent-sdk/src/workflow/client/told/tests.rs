use durable_task::wire::proto::TaskFailureDetails;
use serde_json::json;

use super::*;

fn asks(id: &RequestId) -> Event {
    Event {
        request_id: Some(id.clone()),
        source_executor_id: Some("ask"),
        ..Event::new(EventKind::RequestInfo, 2)
    }
}

fn of_request(kind: EventKind, id: &RequestId) -> Event {
    Event { kind, ..asks(id) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_ticks(second * 10_000_000)
}

fn sent(id: &str) -> String {
    format!(r#"{{"__answer_id__":"{id}","__answer__":1}}"#)
}

fn kinds(told: &Told, from: usize) -> Vec<EventKind> {
    let kinds = told.events(from).into_iter();
    kinds.map(|recorded| recorded.event.kind).collect()
}

fn completed(status: OrchestrationStatus) -> ExecutionCompletedEvent {
    ExecutionCompletedEvent {
        orchestration_status: status as i32,
        ..ExecutionCompletedEvent::default()
    }
}

#[test]
fn of_several_answers_one_counts_and_each_other_is_told_of() {
    let id = RequestId::new("Ask", 0);
    let mut told = Told::default();
    // One comes before the question.
    told.arrives("ASK-0", Some(&sent("early")), at(1));
    told.happens(at(2), vec![asks(&id)], &mut Vec::new());
    assert_eq!(told.end("Ask-0"), None);
    told.arrives("ask-0", Some(&sent("second")), at(3));
    told.arrives("__cancel__Ask-0", Some(&sent("withdrawn")), at(3));
    let mut ends = vec![(id.clone(), Some(String::from("early")))];
    let answered = of_request(EventKind::RequestAnswered, &id);
    told.happens(at(4), vec![answered], &mut ends);
    let end = Some((RequestEnd::Answered, Some(String::from("early"))));
    assert_eq!(told.end("Ask-0"), end);
    told.arrives("ask-0", Some("7"), at(5));
    let expected = [
        EventKind::RequestInfo,
        EventKind::RequestAnswered,
        EventKind::RequestIgnored,
        EventKind::RequestIgnored,
        EventKind::RequestIgnored,
    ];
    assert_eq!(kinds(&told, 0), expected);
    let last = told.events(4).pop().unwrap();
    assert_eq!((last.index, last.at), (4, at(5)));
    assert_eq!(last.event.request_id, Some(id));
    assert_eq!(last.event.source_executor_id, Some("ask"));
    assert_eq!(last.event.iteration, 2);
    assert_eq!(told.end("Ask-0"), end, "it stays as it is");
}

#[test]
fn an_answer_that_comes_too_late_is_told_of_however_the_request_ended() {
    for (kind, end) in [
        (EventKind::RequestExpired, RequestEnd::Expired),
        (EventKind::RequestCancelled, RequestEnd::Cancelled),
    ] {
        let id = RequestId::new("ask", 1);
        let mut told = Told::default();
        told.happens(at(1), vec![asks(&id)], &mut Vec::new());
        told.arrives("__cancel__ask-1", None, at(2));
        told.arrives("ask-1", Some(&sent("a")), at(2));
        told.happens(at(3), vec![of_request(kind, &id)], &mut vec![(id, None)]);
        assert_eq!(told.end("ask-1"), Some((end, None)));
        let ignored = kinds(&told, 2).len();
        // The withdrawal itself counts where it ended the request.
        let expected = if end == RequestEnd::Cancelled { 1 } else { 2 };
        assert_eq!(ignored, expected, "{end:?}");
    }
}

#[test]
fn what_comes_for_no_request_is_bounded() {
    let mut told = Told::default();
    for number in 0..2 * ARRIVALS_MAX {
        told.arrives(&format!("noise-{number}"), None, at(1));
    }
    assert_eq!(told.requests.len(), ARRIVALS_MAX);
    assert_eq!(told.count(), 0);
}

#[test]
fn a_history_that_ends_has_an_end_event_also_where_the_code_says_none() {
    for (status, kind) in [
        (OrchestrationStatus::Terminated, EventKind::Cancelled),
        (OrchestrationStatus::Canceled, EventKind::Cancelled),
        (OrchestrationStatus::Failed, EventKind::Failed),
        (OrchestrationStatus::Completed, EventKind::Completed),
    ] {
        let mut told = Told::default();
        told.ends(&completed(status), at(1));
        told.ends(&completed(status), at(1));
        assert_eq!(kinds(&told, 0), [kind], "once");
    }
    for said in [EventKind::Completed, EventKind::Failed] {
        let mut told = Told::default();
        told.happens(at(1), vec![Event::new(said, 3)], &mut Vec::new());
        told.ends(&completed(OrchestrationStatus::Failed), at(1));
        assert_eq!(kinds(&told, 0), [said], "it was said already");
    }
}

#[test]
fn an_end_event_says_why() {
    for (text, reason) in [
        ("\"enough\"", json!("enough")),
        ("so be it", json!("so be it")),
    ] {
        let mut told = Told::default();
        let end = ExecutionCompletedEvent {
            result: Some(text.to_owned()),
            ..completed(OrchestrationStatus::Terminated)
        };
        told.ends(&end, at(1));
        let event = told.events(0).pop().unwrap().event;
        let data = serde_json::to_value(event.data).unwrap();
        assert_eq!(data, reason);
    }
    let mut told = Told::default();
    let end = ExecutionCompletedEvent {
        failure_details: Some(TaskFailureDetails {
            error_type: String::from("InvalidInput"),
            error_message: String::from("no number"),
            ..TaskFailureDetails::default()
        }),
        ..completed(OrchestrationStatus::Failed)
    };
    told.ends(&end, at(1));
    let event = told.events(0).pop().unwrap().event;
    let data = serde_json::to_value(event.data).unwrap();
    assert_eq!(
        data,
        json!({"error_type": "InvalidInput", "message": "no number"})
    );
}

#[test]
fn what_is_kept_is_bounded_and_indices_go_on() {
    let mut told = Told::default();
    let number = EVENTS_KEPT_MAX + 10;
    for _ in 0..number {
        told.happens(
            at(1),
            vec![Event::new(EventKind::Output, 1)],
            &mut Vec::new(),
        );
    }
    told.trim();
    assert_eq!(
        (told.count(), told.events(0).len()),
        (number, EVENTS_KEPT_MAX)
    );
    assert!(!told.reaches(9) && told.reaches(10) && told.reaches(usize::MAX));
    let last = told.events(number - 1);
    assert_eq!((last.len(), last[0].index), (1, number - 1));
    assert_eq!(told.events(number), []);

    let large = Message::of(&"x".repeat(BYTES_KEPT_MAX / 2)).unwrap();
    for _ in 0..3 {
        let event = Event::new(EventKind::Output, 1).with(EventData::One(large.clone()));
        told.happens(at(1), vec![event], &mut Vec::new());
    }
    told.trim();
    assert_eq!(told.events(0).len(), 1, "bytes count, too");
    assert_eq!(told.count(), number + 3);
}
