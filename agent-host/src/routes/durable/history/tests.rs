use durable_task::wire::proto::{
    EventRaisedEvent, EventSentEvent, ExecutionSuspendedEvent, OrchestratorCompletedEvent,
    OrchestratorStartedEvent, SubOrchestrationInstanceCompletedEvent, TaskCompletedEvent,
    TaskFailedEvent, TimerCreatedEvent, TimerFiredEvent,
};
use serde_json::{Value, json};

use super::*;

const ALL: Shown = Shown {
    inputs: true,
    outputs: true,
};

/// An event whose time is its place, in seconds.
fn history(events: Vec<(i32, EventType)>) -> Vec<HistoryEvent> {
    let places = 0_i64..;
    let event = |(place, (event_id, event_type))| HistoryEvent {
        event_id,
        timestamp: Some(Timestamp::from_ticks(place * 10_000_000).into()),
        event_type: Some(event_type),
    };
    places.zip(events).map(event).collect()
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn task(name: &str) -> EventType {
    EventType::TaskScheduled(TaskScheduledEvent {
        name: name.to_owned(),
        version: Some(text("1")),
        ..TaskScheduledEvent::default()
    })
}

fn task_completed(id: i32, result: &str) -> EventType {
    EventType::TaskCompleted(TaskCompletedEvent {
        task_scheduled_id: id,
        result: Some(text(result)),
    })
}

/// The recorded one: a sequence of tasks.
fn sequence() -> Vec<HistoryEvent> {
    history(vec![
        (
            -1,
            EventType::OrchestratorStarted(OrchestratorStartedEvent {}),
        ),
        (
            -1,
            EventType::ExecutionStarted(ExecutionStartedEvent {
                name: String::from("Hello"),
                version: Some(text("2")),
                input: Some(text("{\"x\":1}")),
                ..ExecutionStartedEvent::default()
            }),
        ),
        (0, task("SayHello")),
        (
            -1,
            EventType::OrchestratorCompleted(OrchestratorCompletedEvent {}),
        ),
        (-1, task_completed(0, "\"Hello Tokyo!\"")),
        (
            1,
            EventType::ExecutionCompleted(ExecutionCompletedEvent {
                orchestration_status: OrchestrationStatus::Completed as i32,
                result: Some(text("[\"Hello Tokyo!\"]")),
                failure_details: None,
            }),
        ),
    ])
}

#[test]
fn a_sequence_looks_as_the_extension_shows_it() {
    let expected = concat!(
        r#"[{"EventType":"ExecutionStarted","Input":"{\"x\":1}","Correlation":null,"#,
        r#""ParentTraceContext":null,"ScheduledStartTime":null,"Generation":0,"#,
        r#""GenerateNewTrace":false,"Timestamp":"1970-01-01T00:00:01Z","FunctionName":"Hello"},"#,
        r#"{"EventType":"TaskCompleted","Result":"Hello Tokyo!","#,
        r#""Timestamp":"1970-01-01T00:00:04Z","ScheduledTime":"1970-01-01T00:00:02+00:00","#,
        r#""FunctionName":"SayHello","Input":null},"#,
        r#"{"EventType":"ExecutionCompleted","OrchestrationStatus":"Completed","#,
        r#""Result":["Hello Tokyo!"],"FailureDetails":null,"Timestamp":"1970-01-01T00:00:05Z"}]"#,
    );
    assert_eq!(shaped(&sequence(), ALL), expected);
}

#[test]
fn inputs_and_outputs_can_be_left_out() {
    let nothing = Shown {
        inputs: false,
        outputs: false,
    };
    let text = shaped(&sequence(), nothing);
    assert!(
        !text.contains("Input") && !text.contains("Result"),
        "{text}"
    );
    let events: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(events.len(), 3);
}

fn values(events: Vec<(i32, EventType)>) -> Vec<Value> {
    serde_json::from_str(&shaped(&history(events), ALL)).unwrap()
}

#[test]
fn what_has_not_ended_stays_without_its_version() {
    let child = EventType::SubOrchestrationInstanceCreated(SubOrchestrationInstanceCreatedEvent {
        instance_id: String::from("c"),
        name: String::from("Child"),
        version: Some(text("1")),
        input: Some(text("7")),
        ..SubOrchestrationInstanceCreatedEvent::default()
    });
    // The same id in another family does not end the task.
    let other =
        EventType::SubOrchestrationInstanceCompleted(SubOrchestrationInstanceCompletedEvent {
            task_scheduled_id: 0,
            result: None,
        });
    let events = values(vec![(0, task("A")), (1, child), (-1, other)]);
    assert_eq!(
        events,
        [
            json!({"EventType": "TaskScheduled", "Name": "A", "Input": null,
                "ParentTraceContext": null, "Tags": null, "Timestamp": "1970-01-01T00:00:00Z"}),
            json!({"EventType": "SubOrchestrationInstanceCreated", "Name": "Child",
                "InstanceId": "c", "Input": "7", "Tags": null,
                "Timestamp": "1970-01-01T00:00:01Z"}),
            json!({"EventType": "SubOrchestrationInstanceCompleted", "Result": null,
                "Timestamp": "1970-01-01T00:00:02Z"}),
        ]
    );
}

#[test]
fn a_merged_child_tells_its_instance() {
    let child = EventType::SubOrchestrationInstanceCreated(SubOrchestrationInstanceCreatedEvent {
        instance_id: String::from("c"),
        name: String::from("Child"),
        input: Some(text("7")),
        ..SubOrchestrationInstanceCreatedEvent::default()
    });
    let done =
        EventType::SubOrchestrationInstanceCompleted(SubOrchestrationInstanceCompletedEvent {
            task_scheduled_id: 3,
            result: Some(text("8")),
        });
    assert_eq!(
        values(vec![(3, child), (-1, done)]),
        [
            json!({"EventType": "SubOrchestrationInstanceCompleted", "Result": 8,
            "Timestamp": "1970-01-01T00:00:01Z", "ScheduledTime": "1970-01-01T00:00:00+00:00",
            "FunctionName": "Child", "Input": "7", "InstanceId": "c"})
        ]
    );
}

#[test]
fn a_failed_task_tells_its_failure_without_frames() {
    let failed = EventType::TaskFailed(TaskFailedEvent {
        task_scheduled_id: 0,
        failure_details: Some(TaskFailureDetails {
            error_type: String::from("Outer"),
            error_message: String::from("broke"),
            stack_trace: Some(text("at secret.rs")),
            inner_failure: Some(Box::new(TaskFailureDetails {
                error_type: String::from("Inner"),
                is_non_retriable: true,
                ..TaskFailureDetails::default()
            })),
            ..TaskFailureDetails::default()
        }),
    });
    let events = values(vec![(0, task("A")), (-1, failed)]);
    assert_eq!(
        events,
        [
            json!({"EventType": "TaskFailed", "Reason": "broke", "Details": null,
            "FailureDetails": {"ErrorType": "Outer", "ErrorMessage": "broke", "StackTrace": null,
                "IsNonRetriable": false, "InnerFailure": {"ErrorType": "Inner",
                    "ErrorMessage": "", "StackTrace": null, "InnerFailure": null,
                    "IsNonRetriable": true}},
            "Timestamp": "1970-01-01T00:00:01Z", "ScheduledTime": "1970-01-01T00:00:00+00:00",
            "FunctionName": "A", "Input": null})
        ]
    );
}

#[test]
fn events_timers_and_reasons() {
    let fire_at = Some(Timestamp::from_ticks(15_000_000).into());
    let events = values(vec![
        (0, EventType::TimerCreated(TimerCreatedEvent { fire_at })),
        (
            -1,
            EventType::TimerFired(TimerFiredEvent {
                fire_at,
                timer_id: 0,
            }),
        ),
        (
            1,
            EventType::EventSent(EventSentEvent {
                instance_id: String::from("@counter@k"),
                name: String::from("op"),
                input: Some(text("{}")),
            }),
        ),
        (
            -1,
            EventType::EventRaised(EventRaisedEvent {
                name: String::from("go"),
                input: Some(text("1")),
            }),
        ),
        (
            -1,
            EventType::ExecutionSuspended(ExecutionSuspendedEvent {
                input: Some(text("r")),
            }),
        ),
    ]);
    let expected = [
        json!({"EventType": "TimerCreated", "FireAt": "1970-01-01T00:00:01.5Z",
            "Timestamp": "1970-01-01T00:00:00Z"}),
        json!({"EventType": "TimerFired", "FireAt": "1970-01-01T00:00:01.5Z",
            "Timestamp": "1970-01-01T00:00:01Z"}),
        json!({"EventType": "EventSent", "InstanceId": "@counter@k", "Name": "op",
            "Input": "{}", "Timestamp": "1970-01-01T00:00:02Z"}),
        json!({"EventType": "EventRaised", "Name": "go", "Input": "1",
            "ParentTraceContext": null, "Timestamp": "1970-01-01T00:00:03Z"}),
        json!({"EventType": "ExecutionSuspended", "Reason": "r",
            "Timestamp": "1970-01-01T00:00:04Z"}),
    ];
    assert_eq!(events, expected);
}
