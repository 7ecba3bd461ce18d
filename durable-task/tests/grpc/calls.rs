//! The client: what it asks, and what it makes of the answers.

use std::sync::Arc;
use std::time::Duration;

use durable_task::grpc::{GrpcHub, GrpcOptions};
use durable_task::wire::proto::purge_instances_request::Request as Which;
use durable_task::wire::proto::{
    CreateInstanceRequest, GetInstanceRequest, GetInstanceResponse, HistoryChunk, HistoryEvent,
    OrchestrationState, OrchestrationStatus, PurgeInstancesRequest, PurgeInstancesResponse,
    QueryInstancesRequest, QueryInstancesResponse,
};
use durable_task::{
    Client, ClientError, ExecutionId, Fetch, InstanceFilter, InstanceId, StartRequest, Status,
    WaitFor,
};
use tonic::Code;

use super::fake::Fake;

const MINUTE: Duration = Duration::from_mins(1);

fn client(options: GrpcOptions) -> Arc<dyn Client> {
    GrpcHub::connect(options).unwrap().client()
}

fn id() -> InstanceId {
    InstanceId::new("i").unwrap()
}

fn state(id: &str, status: OrchestrationStatus) -> OrchestrationState {
    OrchestrationState {
        instance_id: id.to_owned(),
        execution_id: Some("e".into()),
        name: "n".into(),
        orchestration_status: status.into(),
        ..OrchestrationState::default()
    }
}

fn found(status: OrchestrationStatus) -> GetInstanceResponse {
    GetInstanceResponse {
        exists: true,
        orchestration_state: Some(state("i", status)),
    }
}

#[tokio::test]
async fn a_start_names_its_time_and_finds_the_execution() {
    let fake = Fake::start().await;
    fake.answer("get_instance", &found(OrchestrationStatus::Pending));
    let request = StartRequest::new("n", id()).input_json("1");
    let started = client(fake.options()).start(request).await.unwrap();
    assert_eq!(started, ExecutionId::new("e"));
    let message: CreateInstanceRequest = fake.called("start_instance").await;
    assert_eq!(message.input.as_deref(), Some("1"));
    assert!(message.request_time.is_some());
}

#[tokio::test]
async fn a_wait_goes_on_where_the_service_breaks_it_off() {
    use OrchestrationStatus::{Completed, Running};

    let fake = Fake::start().await;
    for _ in 0..2 {
        fake.answer("get_instance", &found(Running));
    }
    fake.refuse("get_instance", Code::Unavailable, "it restarts");
    fake.refuse(
        "wait_for_instance_completion",
        Code::Unavailable,
        "it restarts",
    );
    // Some services answer before the time.
    fake.answer("wait_for_instance_completion", &found(Running));
    fake.answer("get_instance", &found(Completed));
    let client = client(fake.options());
    let state = client
        .wait(&id(), WaitFor::Completion, MINUTE)
        .await
        .unwrap();
    assert_eq!(state.status, Status::Completed);
    let mut methods = Vec::new();
    while !fake.is_quiet().await {
        methods.push(fake.call().await.method);
    }
    let (get, wait) = ("get_instance", "wait_for_instance_completion");
    assert_eq!(methods, [get, wait, get, wait, get, get]);
}

#[tokio::test]
async fn a_wait_for_nothing_or_without_time_ends_at_once() {
    let fake = Fake::start().await;
    let client = client(fake.options());
    let error = client
        .wait(&id(), WaitFor::Start, MINUTE)
        .await
        .unwrap_err();
    assert_eq!(error, ClientError::NotFound { instance: id() });
    fake.answer("get_instance", &found(OrchestrationStatus::Running));
    let now = client
        .wait(&id(), WaitFor::Completion, Duration::ZERO)
        .await;
    assert_eq!(now.unwrap().status, Status::Running);
}

#[tokio::test]
async fn a_refusal_for_its_state_names_that_state() {
    let fake = Fake::start().await;
    let client = client(fake.options());
    fake.refuse("rewind_instance", Code::FailedPrecondition, "not failed");
    fake.answer("get_instance", &found(OrchestrationStatus::Completed));
    let error = client.rewind(&id(), None).await.unwrap_err();
    let expected = ClientError::InvalidState {
        instance: id(),
        operation: "rewound",
        status: Status::Completed,
    };
    assert_eq!(error, expected);
    fake.refuse("rewind_instance", Code::Unimplemented, "");
    let error = client.rewind(&id(), None).await.unwrap_err();
    let operation = "rewind instances";
    assert_eq!(error, ClientError::Unsupported { operation });
}

#[tokio::test]
async fn a_call_that_is_not_answered_is_given_up() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    options.call_timeout = Duration::from_millis(50);
    fake.ignore("get_instance");
    let error = client(options)
        .get(&id(), Fetch::Metadata)
        .await
        .unwrap_err();
    assert!(error.is_retryable());
    assert!(
        matches!(error, ClientError::Unavailable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable() {
    let fake = Fake::start().await;
    let client = client(GrpcOptions::new("http://127.0.0.1:1"));
    let error = client.get(&id(), Fetch::Metadata).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Unavailable { .. }),
        "{error:?}"
    );
    assert!(fake.is_quiet().await);
}

#[tokio::test]
async fn sizes_are_named_in_both_directions() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    (options.send_bytes_max, options.receive_bytes_max) = (100, 100);
    let client = client(options);
    let request = StartRequest::new("n", id()).input_json("1".repeat(100));
    let error = client.start(request).await.unwrap_err();
    assert!(error.to_string().contains("`send_bytes_max`"), "{error}");
    assert!(fake.is_quiet().await);
    let mut large = found(OrchestrationStatus::Completed);
    if let Some(state) = &mut large.orchestration_state {
        state.output = Some("1".repeat(100));
    }
    fake.answer("get_instance", &large);
    let error = client.get(&id(), Fetch::Payloads).await.unwrap_err();
    assert!(error.to_string().contains("`receive_bytes_max`"), "{error}");
    assert!(!error.is_retryable());
    let ask: GetInstanceRequest = fake.called("get_instance").await;
    assert!(ask.get_inputs_and_outputs);
}

#[tokio::test]
async fn pages_end_at_an_empty_token_and_hold_what_the_filter_selects() {
    use OrchestrationStatus::{Completed, Failed};

    let fake = Fake::start().await;
    let page = |token: &str, names: &[(&str, OrchestrationStatus)]| QueryInstancesResponse {
        orchestration_state: names
            .iter()
            .map(|(name, status)| state(name, *status))
            .collect(),
        continuation_token: Some(token.to_owned()),
    };
    // This service does not look at the status.
    fake.answer(
        "query_instances",
        &page("next", &[("a", Completed), ("b", Failed)]),
    );
    fake.answer("query_instances", &page("", &[("c", Completed)]));
    let filter = InstanceFilter {
        statuses: vec![Status::Completed],
        ..InstanceFilter::default()
    };
    let client = client(fake.options());
    let first = client
        .query(&filter, Fetch::Metadata, 2, None)
        .await
        .unwrap();
    let next = first.next.clone();
    assert_eq!(next.as_deref(), Some("next"));
    let last = client
        .query(&filter, Fetch::Metadata, 2, next.as_deref())
        .await
        .unwrap();
    assert_eq!(last.next, None);
    let items = first.items.iter().chain(&last.items);
    let ids: Vec<&str> = items.map(|state| state.instance_id.as_str()).collect();
    assert_eq!(ids, ["a", "c"]);
    fake.call().await;
    let ask: QueryInstancesRequest = fake.called("query_instances").await;
    assert_eq!(
        ask.query.unwrap().continuation_token.as_deref(),
        Some("next")
    );
}

#[tokio::test]
async fn a_purge_that_removes_nothing_says_why() {
    let fake = Fake::start().await;
    let client = client(fake.options());
    let error = client.purge(&id(), false).await.unwrap_err();
    assert_eq!(error, ClientError::NotFound { instance: id() });
    fake.answer("get_instance", &found(OrchestrationStatus::Running));
    let error = client.purge(&id(), false).await.unwrap_err();
    assert!(
        matches!(error, ClientError::InvalidState { .. }),
        "{error:?}"
    );
    let removed = PurgeInstancesResponse {
        deleted_instance_count: 3,
        ..PurgeInstancesResponse::default()
    };
    fake.answer("purge_instances", &removed);
    assert_eq!(client.purge(&id(), true).await, Ok(3));
}

#[tokio::test]
async fn a_purge_by_a_filter_that_the_service_has_not_goes_one_by_one() {
    use OrchestrationStatus::Completed;

    let fake = Fake::start().await;
    let client = client(fake.options());
    let page = QueryInstancesResponse {
        orchestration_state: vec![state("ab", Completed), state("xy", Completed)],
        continuation_token: None,
    };
    fake.answer("query_instances", &page);
    let removed = PurgeInstancesResponse {
        deleted_instance_count: 1,
        ..PurgeInstancesResponse::default()
    };
    fake.answer("purge_instances", &removed);
    let filter = InstanceFilter {
        id_prefix: Some("a".into()),
        ..InstanceFilter::default()
    };
    let purged = client.purge_matching(&filter, MINUTE).await.unwrap();
    assert_eq!((purged.removed, purged.complete), (1, true));
    fake.call().await;
    let message: PurgeInstancesRequest = fake.called("purge_instances").await;
    assert_eq!(message.request, Some(Which::InstanceId("ab".into())));
    assert!(fake.is_quiet().await);
}

#[tokio::test]
async fn a_history_is_read_in_parts() {
    let fake = Fake::start().await;
    let client = client(fake.options());
    let chunk = |from: i32, to: i32| {
        let events = (from..to).map(|event_id| HistoryEvent {
            event_id,
            ..HistoryEvent::default()
        });
        Ok(HistoryChunk {
            events: events.collect(),
        })
    };
    let whole = || vec![chunk(0, 700), chunk(700, 1_500)];
    fake.history(whole());
    let first = client.history_part(&id(), None, None).await.unwrap();
    assert_eq!((first.events.len(), first.next), (1_000, Some(1_000)));
    fake.history(whole());
    let last = client.history_part(&id(), None, first.next).await.unwrap();
    assert_eq!((last.events.len(), last.next), (500, None));
    assert_eq!(last.events[0].event_id, 1_000);
    fake.history(whole());
    assert_eq!(client.history(&id()).await.unwrap().len(), 1_500);
}
