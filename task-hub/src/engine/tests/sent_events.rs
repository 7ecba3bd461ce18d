//! Entity messages in the form of events.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use durable_task::Timestamp;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    EntityBatchResult, EventRaisedEvent, OperationResult, OperationResultFailure,
    OperationResultSuccess, OrchestrationInstance, OrchestrationStatus, SendEventAction,
    TaskFailureDetails,
};
use serde_json::{Value, json};

use super::world::World;
use super::{Outside, complete, id, kinds};
use crate::engine::{Delta, Drop, Entity, Message, Taking, entity_message};

/// The recordings lie beside the repository; without them the tests say so, and fail in CI.
fn recorded(name: &str) -> Option<Vec<Value>> {
    let folder = "../../shared/fixtures/grpc-dotnet/azure-storage";
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        assert!(std::env::var_os("CI").is_none(), "{name} is missing");
        eprintln!("skipped: the recording {name} is missing");
        return None;
    };
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    Some(lines.collect())
}

fn raised(name: &str, input: &str) -> EventRaisedEvent {
    EventRaisedEvent {
        name: name.to_owned(),
        input: Some(input.to_owned()),
    }
}

fn send_event(target: &str, name: &str, data: &str) -> Action {
    Action::SendEvent(SendEventAction {
        instance: Some(OrchestrationInstance {
            instance_id: target.to_owned(),
            execution_id: None,
        }),
        name: name.to_owned(),
        data: Some(data.to_owned()),
    })
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// All events that an orchestrator sent to entities.
fn sent_to_entities(lines: &[Value]) -> Vec<(String, String, String)> {
    let answers = lines
        .iter()
        .filter(|line| text(line, "/type") == "OrchestratorResponse");
    let actions = answers.filter_map(|line| line.pointer("/json/actions")?.as_array());
    actions
        .flatten()
        .filter_map(|action| action.get("sendEvent"))
        .map(|sent| {
            let target = text(sent, "/instance/instanceId").to_owned();
            (
                target,
                text(sent, "/name").to_owned(),
                text(sent, "/data").to_owned(),
            )
        })
        .filter(|(target, ..)| target.starts_with('@'))
        .collect()
}

/// Results of operations by request id.
fn results(lines: &[Value]) -> BTreeMap<String, OperationResult> {
    let mut found = BTreeMap::new();
    for line in lines
        .iter()
        .filter(|line| text(line, "/type") == "EntityBatchResult")
    {
        let results = line.pointer("/json/results").and_then(Value::as_array);
        let infos = line
            .pointer("/json/operationInfos")
            .and_then(Value::as_array);
        for (result, info) in results
            .into_iter()
            .flatten()
            .zip(infos.into_iter().flatten())
        {
            let result_type = match result.get("success") {
                Some(success) => ResultType::Success(OperationResultSuccess {
                    result: success
                        .get("result")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                    ..OperationResultSuccess::default()
                }),
                None => ResultType::Failure(OperationResultFailure {
                    failure_details: Some(TaskFailureDetails {
                        error_type: text(result, "/failure/failureDetails/errorType").to_owned(),
                        error_message: text(result, "/failure/failureDetails/errorMessage")
                            .to_owned(),
                        stack_trace: result
                            .pointer("/failure/failureDetails/stackTrace")
                            .and_then(Value::as_str)
                            .map(str::to_owned),
                        is_non_retriable: result
                            .pointer("/failure/failureDetails/isNonRetriable")
                            .and_then(Value::as_bool)
                            .unwrap_or_default(),
                        ..TaskFailureDetails::default()
                    }),
                    ..OperationResultFailure::default()
                }),
            };
            let result = OperationResult {
                result_type: Some(result_type),
            };
            found.insert(text(info, "/requestId").to_owned(), result);
        }
    }
    found
}

/// Replies that came back to orchestrators, by request id.
fn replies(lines: &[Value]) -> BTreeMap<String, Value> {
    let requests = lines.iter().filter_map(|line| {
        line.pointer("/json/orchestratorRequest/newEvents")?
            .as_array()
    });
    let raised = requests
        .flatten()
        .filter_map(|event| event.get("eventRaised"));
    raised
        .map(|raised| {
            let reply = serde_json::from_str(text(raised, "/input")).unwrap();
            (text(raised, "/name").to_owned(), reply)
        })
        .collect()
}

/// The reply of an entity to a call that came as an event.
fn reply_of(delta: &Delta) -> Option<(String, Value)> {
    delta
        .messages
        .iter()
        .find_map(|message| match &message.event.event_type {
            Some(EventType::EventRaised(raised)) => {
                let input = raised.input.as_deref().unwrap();
                Some((raised.name.clone(), serde_json::from_str(input).unwrap()))
            }
            _ => None,
        })
}

#[test]
fn recorded_messages_are_understood_and_answered_as_they_were() {
    for name in [
        "17-entity-call.jsonl",
        "18-entity-failure.jsonl",
        "19-entity-signal.jsonl",
        "20-entity-lock.jsonl",
        "21-entity-lock-failure.jsonl",
    ] {
        let Some(lines) = recorded(name) else { return };
        let (results, expected) = (results(&lines), replies(&lines));
        let sent = sent_to_entities(&lines);
        assert!(!sent.is_empty(), "{name}");
        let mut found = BTreeMap::new();
        for (target, event, data) in sent {
            let mut outside = Outside::new();
            let target = id(&target);
            let event = EventType::EventRaised(raised(&event, &data));
            let EventType::EventRaised(raised) = &event else {
                unreachable!()
            };
            let understood = entity_message(&target, raised);
            assert!(understood.is_ok(), "{name}: {data}: {understood:?}");
            let mut entity = Entity::new(target.clone(), outside.now);
            let message = outside.message(target.as_str(), event).sent_by(id("p"));
            let delta = entity.receive(message, &mut outside.env());
            found.extend(reply_of(&delta));
            // A lock over several is granted by the last one only.
            for passed in delta.messages.into_iter().filter(|m| m.target.is_entity()) {
                let mut next = Entity::new(passed.target.clone(), outside.now);
                found.extend(reply_of(&next.receive(passed, &mut outside.env())));
            }
            let Some(batch) = entity.begin(10, Taking::Everything) else {
                continue;
            };
            let answer = EntityBatchResult {
                results: batch
                    .operations
                    .iter()
                    .map(|operation| results[&operation.request_id].clone())
                    .collect(),
                ..EntityBatchResult::default()
            };
            found.extend(reply_of(&entity.apply(answer, &mut outside.env())));
        }
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_is_no_entity_message_is_refused_and_says_why() {
    let table = [
        ("go", "{}", "this one is `go`"),
        ("continue", "null", "this one is `continue`"),
        ("op", "null", "can't be read"),
        ("op", "{\"op\":1}", "can't be read"),
        ("op", "[", "can't be read"),
        ("op@never", r#"{"op":"a","id":"1"}"#, "`never` is no time"),
        (
            "op",
            r#"{"op":"a","id":"1","due":"soon"}"#,
            "`soon` is no time",
        ),
        ("release", "{}", "can't be read"),
    ];
    for (name, input, expected) in table {
        let problem = entity_message(&id("@c@k"), &raised(name, input)).unwrap_err();
        assert!(problem.contains(expected), "{name} {input}: {problem}");
    }
}

#[test]
fn times_are_read_with_and_without_zone() {
    let at = Timestamp::parse("2026-01-01T00:00:00Z");
    for (name, due) in [
        ("op@2026-01-01T00:00:00Z", "null"),
        ("op@2026-01-01T00:00:00", "null"),
        ("op@2025-12-31T00:00:00Z", "\"2026-01-01T00:00:00.0000000\""),
    ] {
        let input = format!(r#"{{"op":"a","signal":true,"id":"1","due":{due}}}"#);
        let message = entity_message(&id("@c@k"), &raised(name, &input)).unwrap();
        assert_eq!(message.due, at, "{name}");
    }
}

#[test]
fn a_delayed_signal_is_a_timer_and_keeps_its_form() {
    let mut outside = Outside::new();
    let due = outside.now.saturating_add(Duration::from_secs(9));
    let input = json!({"op": "add", "id": "1", "due": due.to_round_trip()}).to_string();
    let action = send_event("@c@k", &format!("op@{}", due.to_round_trip()), &input);
    let (_, delta) = outside.running("a", vec![action]);
    assert!(delta.messages.is_empty());
    let [timer] = delta.timers_opened.as_slice() else {
        panic!("{:?}", delta.timers_opened);
    };
    assert_eq!(timer.fire_at, due);
    let message = Message::from_row(crate::store::MessageRow {
        id: 90,
        target: timer.target.clone(),
        execution: None,
        sender: timer.sender.clone(),
        event: timer.event.clone().unwrap(),
    });
    let mut entity = Entity::new(id("@c@k"), due);
    entity.receive(message.unwrap(), &mut outside.env());
    assert_eq!(
        entity.begin(1, Taking::Everything).unwrap().operations[0].operation,
        "add"
    );
    let answer = EntityBatchResult {
        results: vec![OperationResult {
            result_type: Some(ResultType::Success(OperationResultSuccess {
                result: Some(String::from("5")),
                ..OperationResultSuccess::default()
            })),
        }],
        ..EntityBatchResult::default()
    };
    let delta = entity.apply(answer, &mut outside.env());
    assert_eq!(
        reply_of(&delta),
        Some((String::from("1"), json!({"result": "5"})))
    );
    assert_eq!(delta.messages[0].target, id("a"));
    assert!(
        delta.messages[0].execution.is_some(),
        "only the caller's execution"
    );
}

#[test]
fn history_keeps_the_event_as_it_was_sent() {
    let mut outside = Outside::new();
    let input = r#"{"op":"add","id":"1"}"#;
    let (_, delta) = outside.running("a", vec![send_event("@c@k", "op", input)]);
    assert_eq!(
        kinds(&delta),
        [
            "OrchestratorStarted",
            "ExecutionStarted",
            "EventSent",
            "OrchestratorCompleted"
        ]
    );
    let events = delta.history.decode().unwrap();
    let Some(EventType::EventSent(sent)) = &events[2].event_type else {
        panic!("{events:?}");
    };
    assert_eq!(
        (sent.name.as_str(), sent.input.as_deref()),
        ("op", Some(input))
    );
    // What no entity understands is recorded, and not sent.
    let (_, delta) = outside.running("b", vec![send_event("@c@k", "go", "1")]);
    assert_eq!(kinds(&delta).len(), 4);
    assert!(delta.messages.is_empty());
}

#[test]
fn a_client_can_signal_and_release_and_not_lock() {
    let mut outside = Outside::new();
    let mut entity = Entity::new(id("@c@k"), outside.now);
    let mut receive = |name: &str, input: &str| {
        let event = EventType::EventRaised(raised(name, input));
        let message = outside.message("@c@k", event);
        let delta = entity.receive(message, &mut outside.env());
        (
            entity
                .begin(9, Taking::Everything)
                .map_or(0, |batch| batch.operations.len()),
            delta.dropped,
        )
    };
    // A call that nobody waits for is a signal.
    assert_eq!(receive("op", r#"{"op":"add","id":"1"}"#), (1, vec![]));
    let lock = r#"{"op":null,"id":"1","lockset":[{"name":"c","key":"k"}]}"#;
    assert_eq!(receive("op", lock), (0, vec![Drop::NotUnderstood]));
    assert_eq!(
        receive("release", r#"{"id":"1"}"#),
        (0, vec![Drop::NoChange])
    );
    assert_eq!(receive("other", "{}"), (0, vec![Drop::NotUnderstood]));
}

fn lock_request(section: &str, keys: &[&str]) -> String {
    let set: Vec<Value> = keys
        .iter()
        .map(|key| json!({"name": "c", "key": key}))
        .collect();
    json!({"op": null, "id": section, "lockset": set}).to_string()
}

#[test]
fn an_instance_that_ends_withdraws_locks_that_it_asked_for_with_events() {
    let mut world = World::new();
    // In the wrong order, and one twice.
    let lock = send_event("@c@b", "op", &lock_request("s", &["b", "a", "b"]));
    let (mut orchestration, delta) = world.outside.running("p", vec![lock]);
    world.take_in(delta);
    while world.targets() > 0 {
        world.deliver(0);
    }
    for key in ["@c@a", "@c@b"] {
        let lock = world
            .instances
            .get_mut(&id(key))
            .unwrap()
            .entity()
            .unwrap()
            .lock();
        assert_eq!(lock.map(|lock| lock.section.as_str()), Some("s"));
    }
    let message = world.outside.raised("p", "s");
    orchestration.receive(message, &mut world.outside.env());
    let end = complete(OrchestrationStatus::Completed, "1");
    let delta = world.outside.episode(&mut orchestration, vec![end]);
    world.take_in(delta);
    while world.targets() > 0 {
        world.deliver(0);
    }
    for key in ["@c@a", "@c@b"] {
        let entity = world.instances.get_mut(&id(key)).unwrap().entity().unwrap();
        assert_eq!(entity.lock(), None);
    }
}
