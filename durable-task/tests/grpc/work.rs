//! The stream of work: kept open, opened again, closed in the end.

use std::time::Duration;

use durable_task::grpc::GrpcHealth;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::work_item::Request as Work;
use durable_task::wire::proto::{
    AbandonActivityTaskRequest, AbandonOrchestrationTaskRequest, ActivityResponse,
    EntityBatchRequest, EntityBatchResult, EntityLockRequestedEvent, EntityOperationCalledEvent,
    EntityOperationSignaledEvent, EntityRequest, HealthPing, HistoryChunk, HistoryEvent,
    OperationRequest, OperationResult, OrchestratorRequest, OrchestratorResponse,
    StreamInstanceHistoryRequest,
};
use durable_task::{WorkAnswer, WorkRequest};
use tonic::{Code, Status};

use super::fake::{Connected, Fake, activity, done, soon};

const MINUTE: Duration = Duration::from_mins(1);

/// The instance that the item is for.
fn instance_of(request: &WorkRequest) -> &str {
    match request {
        WorkRequest::Orchestrator { request, .. } => &request.instance_id,
        WorkRequest::Activity(request) => {
            let of = request.orchestration_instance.as_ref();
            of.map_or("", |of| &of.instance_id)
        }
        WorkRequest::Entity { request, .. } => &request.instance_id,
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_is_opened_again_and_what_comes_again_is_worked_on_again() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    stream.send("first", activity("a"));
    let item = worker.item().await;
    stream.fail(Code::Unavailable, "it is going down");
    let lost = |health: &GrpcHealth| {
        let reason = String::from("it is going down (Unavailable)");
        *health
            == GrpcHealth::Reconnecting {
                reason,
                failures: 1,
            }
    };
    worker.stands(lost).await;
    let stream = fake.stream().await;
    soon("the connection", worker.hub.connected()).await;
    stream.send("second", activity("a"));
    let again = worker.item().await;
    // The first is stale, which only the service can know.
    item.completer.complete(done("1"));
    let response: ActivityResponse = fake.called("complete_activity_task").await;
    assert_eq!(response.completion_token, "first");
    again.completer.complete(done("2"));
    let response: ActivityResponse = fake.called("complete_activity_task").await;
    assert_eq!(response.completion_token, "second");
    assert_eq!(response.result.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_stream_that_the_service_ends_is_opened_again() {
    let fake = Fake::start().await;
    let worker = Connected::new(fake.options());
    drop(fake.stream().await);
    let ended = |health: &GrpcHealth| match health {
        GrpcHealth::Reconnecting { reason, .. } => reason == "the service ended the stream",
        _ => false,
    };
    worker.stands(ended).await;
    fake.stream().await;
}

#[tokio::test]
async fn a_stream_that_is_refused_is_asked_for_again() {
    let fake = Fake::start().await;
    for code in [Code::PermissionDenied, Code::Unimplemented] {
        fake.refuse("get_work_items", code, "no");
    }
    let worker = Connected::new(fake.options());
    let refused = |health: &GrpcHealth| {
        matches!(health, GrpcHealth::Reconnecting { reason, failures: 2 }
            if reason == "no (Unimplemented)")
    };
    worker.stands(refused).await;
    fake.stream().await;
}

#[tokio::test]
async fn a_service_that_is_silent_is_dead() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    options.silence_max = Duration::from_millis(50);
    let worker = Connected::new(options);
    let stream = fake.stream().await;
    let silent = |health: &GrpcHealth| match health {
        GrpcHealth::Reconnecting { reason, .. } => {
            reason == "the service was silent for 50ms (`silence_max`)"
        }
        _ => false,
    };
    worker.stands(silent).await;
    stream.closed().await;
    fake.stream().await;
}

#[tokio::test]
async fn pings_and_work_of_unknown_kinds_are_passed_over() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    stream.send("", Work::HealthPing(HealthPing {}));
    stream.send_empty("unknown");
    stream.send("token", activity("a"));
    let item = worker.item().await;
    assert_eq!(instance_of(&item.request), "a");
    assert!(fake.is_quiet().await);
}

#[tokio::test]
async fn no_more_is_handed_over_than_the_worker_has_room_for() {
    let fake = Fake::start().await;
    // One of each kind: three items.
    let mut worker = Connected::with_room(fake.options(), 1);
    let stream = fake.stream().await;
    assert_eq!(stream.ask.max_concurrent_activity_work_items, 1);
    for name in ["a", "b", "c", "d"] {
        stream.send(name, activity(name));
    }
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(worker.item().await);
    }
    assert!(!worker.has_item());
    held.remove(0).completer.complete(done("1"));
    let response: ActivityResponse = fake.called("complete_activity_task").await;
    assert_eq!(response.completion_token, "a");
    assert_eq!(instance_of(&worker.item().await.request), "d");
}

#[tokio::test]
async fn work_waits_for_a_busy_worker_without_an_end_of_the_connection() {
    const ITEMS: usize = 3_000;
    let fake = Fake::start().await;
    let mut worker = Connected::with_room(fake.options(), 1);
    let stream = fake.stream().await;
    for number in 0..ITEMS {
        stream.send(&number.to_string(), activity("i"));
    }
    for number in 0..ITEMS {
        worker.item().await.completer.complete(done("1"));
        let response: ActivityResponse = fake.called("complete_activity_task").await;
        assert_eq!(response.completion_token, number.to_string());
    }
    assert_eq!(worker.hub.health(), GrpcHealth::Connected);
}

#[tokio::test]
async fn a_shutdown_gives_new_work_back_and_waits_for_what_runs() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    stream.send("runs", activity("a"));
    let item = worker.item().await;
    let hub = std::sync::Arc::clone(&worker.hub);
    let ending = tokio::spawn(async move { hub.shutdown(MINUTE).await });
    // Until the shutdown has begun, work is handed over; then it is given back.
    let mut sent = 0;
    let given_back: AbandonActivityTaskRequest = loop {
        sent += 1;
        stream.send(&format!("late-{sent}"), activity("b"));
        tokio::select! {
            biased;
            call = fake.called("abandon_task_activity_work_item") => break call,
            early = worker.item() => drop(early),
        }
    };
    assert!(given_back.completion_token.starts_with("late-"));
    assert!(!stream.is_closed());
    assert!(!ending.is_finished());
    assert!(!item.cancelled.is_cancelled());
    item.completer.complete(done("1"));
    loop {
        let call = fake.call().await;
        if call.method == "complete_activity_task" {
            assert_eq!(call.message::<ActivityResponse>().completion_token, "runs");
            break;
        }
    }
    stream.closed().await;
    soon("the end", ending).await.unwrap();
    assert_eq!(worker.hub.health(), GrpcHealth::Stopped);
}

#[tokio::test]
async fn at_its_deadline_a_shutdown_cancels_what_runs() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    stream.send("runs", activity("a"));
    let item = worker.item().await;
    worker.hub.shutdown(Duration::ZERO).await;
    assert!(item.cancelled.is_cancelled());
    stream.closed().await;
    worker.stands(|health| *health == GrpcHealth::Stopped).await;
}

fn event(event_id: i32) -> HistoryEvent {
    HistoryEvent {
        event_id,
        ..HistoryEvent::default()
    }
}

fn long(instance: &str) -> Work {
    Work::OrchestratorRequest(OrchestratorRequest {
        instance_id: instance.to_owned(),
        execution_id: Some("e".into()),
        new_events: vec![event(9)],
        requires_history_streaming: true,
        ..OrchestratorRequest::default()
    })
}

#[tokio::test]
async fn a_past_that_does_not_come_with_the_item_is_read() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    let chunk = |ids: &[i32]| {
        Ok(HistoryChunk {
            events: ids.iter().copied().map(event).collect(),
        })
    };
    fake.history(vec![chunk(&[0, 1]), chunk(&[]), chunk(&[2])]);
    stream.send("token", long("a"));
    let item = worker.item().await;
    let ask: StreamInstanceHistoryRequest = fake.called("stream_instance_history").await;
    assert_eq!(
        (ask.instance_id.as_str(), ask.execution_id.as_deref()),
        ("a", Some("e"))
    );
    assert!(ask.for_work_item_processing);
    let WorkRequest::Orchestrator { request, warm } = &item.request else {
        panic!("{:?}", item.request)
    };
    let past: Vec<i32> = request
        .past_events
        .iter()
        .map(|event| event.event_id)
        .collect();
    assert_eq!(past, [0, 1, 2]);
    assert_eq!(request.new_events, [event(9)]);
    assert!(!warm);
}

#[tokio::test]
async fn an_item_whose_past_breaks_off_is_given_back() {
    let fake = Fake::start().await;
    let worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    let chunk = HistoryChunk {
        events: vec![event(0)],
    };
    fake.history(vec![Ok(chunk), Err(Status::unavailable("it broke"))]);
    stream.send("token", long("a"));
    fake.call().await;
    let given_back: AbandonOrchestrationTaskRequest =
        fake.called("abandon_task_orchestrator_work_item").await;
    assert_eq!(given_back.completion_token, "token");
    assert!(!worker.has_item());
}

/// Operation, input and caller of each.
fn operations(item: &WorkRequest) -> Vec<[Option<&str>; 3]> {
    let WorkRequest::Entity { request, callers } = item else {
        panic!("{item:?}")
    };
    let callers = callers
        .iter()
        .map(|caller| caller.as_ref().map(|caller| caller.instance_id.as_str()));
    let operations = request.operations.iter();
    assert_eq!(operations.len(), callers.len());
    operations
        .zip(callers)
        .map(|(one, caller)| [Some(one.operation.as_str()), one.input.as_deref(), caller])
        .collect()
}

fn results(count: usize) -> WorkAnswer {
    WorkAnswer::Entity(EntityBatchResult {
        results: vec![OperationResult::default(); count],
        entity_state: Some("8".into()),
        ..EntityBatchResult::default()
    })
}

#[tokio::test]
async fn entity_work_of_the_older_form_is_answered_in_it() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    let one = |name: &str, input: Option<&str>| OperationRequest {
        operation: name.to_owned(),
        request_id: format!("id-{name}"),
        input: input.map(str::to_owned),
        ..OperationRequest::default()
    };
    let batch = EntityBatchRequest {
        instance_id: "@counter@k".into(),
        entity_state: Some("7".into()),
        operations: vec![one("add", Some("1")), one("get", None)],
        ..EntityBatchRequest::default()
    };
    stream.send("token", Work::EntityRequest(batch));
    let item = worker.item().await;
    assert_eq!(instance_of(&item.request), "@counter@k");
    let expected = [[Some("add"), Some("1"), None], [Some("get"), None, None]];
    assert_eq!(operations(&item.request), expected);
    item.completer.complete(results(2));
    let answer: EntityBatchResult = fake.called("complete_entity_task").await;
    assert_eq!(answer.completion_token, "token");
    assert_eq!(answer.results.len(), 2);
    assert_eq!(answer.entity_state.as_deref(), Some("8"));
    assert_eq!(answer.operation_infos, []);
}

#[tokio::test]
async fn entity_work_of_the_newer_form_is_answered_with_who_waits() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    let event = |event_type| HistoryEvent {
        event_type: Some(event_type),
        ..HistoryEvent::default()
    };
    let call = EntityOperationCalledEvent {
        request_id: "1".into(),
        operation: "get".into(),
        parent_instance_id: Some("o".into()),
        parent_execution_id: Some("e".into()),
        ..EntityOperationCalledEvent::default()
    };
    let signal = EntityOperationSignaledEvent {
        request_id: "2".into(),
        operation: "add".into(),
        input: Some("3".into()),
        ..EntityOperationSignaledEvent::default()
    };
    let request = EntityRequest {
        instance_id: "@counter@k".into(),
        entity_state: Some("7".into()),
        operation_requests: vec![
            event(EventType::EntityOperationCalled(call)),
            event(EventType::EntityLockRequested(
                EntityLockRequestedEvent::default(),
            )),
            event(EventType::EntityOperationSignaled(signal)),
        ],
        ..EntityRequest::default()
    };
    stream.send("token", Work::EntityRequestV2(request));
    let item = worker.item().await;
    let expected = [
        [Some("get"), None, Some("o")],
        [Some("add"), Some("3"), None],
    ];
    assert_eq!(operations(&item.request), expected);
    item.completer.complete(results(2));
    let answer: EntityBatchResult = fake.called("complete_entity_task").await;
    assert_eq!(answer.completion_token, "token");
    let waiting: Vec<(&str, Option<&str>)> = answer
        .operation_infos
        .iter()
        .map(|info| {
            let to = info.response_destination.as_ref();
            let to = to.map(|to| to.instance_id.as_str());
            (info.request_id.as_str(), to)
        })
        .collect();
    assert_eq!(waiting, [("1", Some("o")), ("2", None)]);
}

#[tokio::test]
async fn an_item_that_comes_twice_is_worked_on_twice() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    fake.answer("complete_orchestrator_task", &());
    // The first answer counted.
    fake.refuse(
        "complete_orchestrator_task",
        Code::NotFound,
        "unknown token",
    );
    let work = || {
        Work::OrchestratorRequest(OrchestratorRequest {
            instance_id: "a".into(),
            ..OrchestratorRequest::default()
        })
    };
    for _ in 0..2 {
        stream.send("same", work());
    }
    for _ in 0..2 {
        let item = worker.item().await;
        item.completer.complete(WorkAnswer::Orchestrator {
            response: OrchestratorResponse::default(),
            warm: true,
        });
        let response: OrchestratorResponse = fake.called("complete_orchestrator_task").await;
        assert_eq!(response.completion_token, "same");
    }
    // It is not sent once more, and the worker goes on.
    stream.send("next", activity("b"));
    worker.item().await.completer.complete(done("1"));
    let response: ActivityResponse = fake.called("complete_activity_task").await;
    assert_eq!(response.completion_token, "next");
}
