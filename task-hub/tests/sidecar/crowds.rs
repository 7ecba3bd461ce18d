//! Many of everything, and callers that behave badly.

use std::time::Duration;

use durable_task::Failure;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    ActivityFilter, ActivityResponse, CleanEntityStorageRequest, EntityBatchResult,
    GetEntityRequest, GetWorkItemsRequest, OperationResult, OperationResultSuccess,
    OrchestrationFilter, OrchestrationStatus, OrchestratorResponse, RaiseEventRequest,
    RewindInstanceRequest, SignalEntityRequest, StreamInstanceHistoryRequest, WorkItemFilters,
};
use task_hub::sidecar::SidecarOptions;
use tonic::{Code, Request};

use crate::support::worker::{call, complete, everything};
use crate::support::{Server, Worker, ended, instance, is, start};

#[tokio::test]
async fn a_thousand_streams_share_the_work_and_leave_nothing_behind() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut workers = Vec::new();
    for _ in 0..1_000 {
        workers.push(Worker::of(client.clone(), everything()).await);
    }
    let refused = client.get_work_items(everything()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    // One of them has it. All go away but one, which then gets it.
    let mut last = workers.pop().unwrap();
    workers.clear();
    let episode = last.episode().await;
    assert_eq!(episode.request.instance_id, "a");
    last.decide(&episode.token, vec![complete(0, "1")]).await;
    ended(&mut client, "a").await;
    // The places of those that went away are free.
    for _ in 1..1_000 {
        workers.push(Worker::of(client.clone(), everything()).await);
    }
}

#[tokio::test]
async fn waiting_callers_that_vanish_are_forgotten() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let crowd = server.client().await;
    let mut waiting = Vec::new();
    for _ in 0..2_000 {
        let mut caller = crowd.clone();
        waiting.push(tokio::spawn(async move {
            caller.wait_for_instance_completion(instance("a")).await
        }));
    }
    server.waiting(2_000).await;
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    server.waiting(0).await;
    drop(crowd);
    // Others are served as before.
    let mut worker = server.worker().await;
    let episode = worker.episode().await;
    worker.decide(&episode.token, vec![complete(0, "1")]).await;
    ended(&mut client, "a").await;
}

/// Of one input. All that the worker below asks for would be 6 GB.
const LARGE_BYTES: usize = 1024 * 1024;
/// What a stream that nobody reads holds: what waits for it, what is on its way, and the item that
/// was being written.
const UNREAD_ITEMS_MAX: usize = 16;

#[tokio::test]
async fn a_worker_that_does_not_read_is_given_no_more_and_holds_up_nobody() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let asks = GetWorkItemsRequest {
        max_concurrent_orchestration_work_items: 6_000,
        ..everything()
    };
    let unread = Worker::of(server.client().await, asks.clone()).await;
    let input = format!("\"{}\"", "x".repeat(LARGE_BYTES));
    let ids: Vec<String> = (0..60).map(|number| format!("a{number}")).collect();
    for id in &ids {
        client
            .start_instance(start(id, "Order", &input))
            .await
            .unwrap();
    }
    // Who reads gets all but what the other one has.
    let mut worker = Worker::of(server.client().await, asks).await;
    for _ in UNREAD_ITEMS_MAX..ids.len() {
        let episode = worker.episode().await;
        worker.decide(&episode.token, vec![complete(0, "1")]).await;
    }
    let state = server.stats();
    assert!(
        state.episodes >= (ids.len() - UNREAD_ITEMS_MAX) as u64,
        "{state:?}"
    );
    // When that one goes away, the rest comes as well.
    drop(unread);
    for _ in 0..UNREAD_ITEMS_MAX {
        let episode = worker.episode().await;
        worker.decide(&episode.token, vec![complete(0, "1")]).await;
    }
    for id in &ids {
        ended(&mut client, id).await;
    }
}

#[tokio::test]
async fn a_worker_that_reads_late_gets_all_that_is_its_own() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut late = server.worker().await;
    let input = format!("\"{}\"", "x".repeat(LARGE_BYTES));
    let ids: Vec<String> = (0..40).map(|number| format!("a{number}")).collect();
    for id in &ids {
        client
            .start_instance(start(id, "Order", &input))
            .await
            .unwrap();
    }
    for _ in &ids {
        let episode = late.episode().await;
        late.decide(&episode.token, vec![complete(0, "1")]).await;
    }
    for id in &ids {
        ended(&mut client, id).await;
    }
}

#[tokio::test]
async fn a_deadline_ends_the_waiting_and_nothing_else() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let mut request = Request::new(instance("a"));
    request.set_timeout(Duration::from_millis(1));
    let late = client
        .wait_for_instance_completion(request)
        .await
        .unwrap_err();
    assert!(
        matches!(late.code(), Code::Cancelled | Code::DeadlineExceeded),
        "{late}"
    );
    let mut worker = server.worker().await;
    let episode = worker.episode().await;
    worker.decide(&episode.token, vec![complete(0, "1")]).await;
    ended(&mut client, "a").await;
}

#[tokio::test]
async fn a_hundred_thousand_names_are_a_filter_like_any_other() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let activities = (0..100_000).map(|index| ActivityFilter {
        name: format!("a{index}"),
        versions: Vec::new(),
    });
    let request = GetWorkItemsRequest {
        max_concurrent_orchestration_work_items: i32::MAX,
        max_concurrent_activity_work_items: i32::MAX,
        max_concurrent_entity_work_items: i32::MAX,
        work_item_filters: Some(WorkItemFilters {
            activities: activities.collect(),
            ..WorkItemFilters::default()
        }),
        ..GetWorkItemsRequest::default()
    };
    let mut pays = Worker::of(server.client().await, request).await;
    let mut rest = Worker::of(
        server.client().await,
        GetWorkItemsRequest {
            work_item_filters: Some(WorkItemFilters {
                orchestrations: vec![OrchestrationFilter {
                    name: String::from("Order"),
                    versions: Vec::new(),
                }],
                ..WorkItemFilters::default()
            }),
            ..GetWorkItemsRequest::default()
        },
    )
    .await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = rest.episode().await;
    rest.decide(&episode.token, vec![call(0, "a99999", "1")])
        .await;
    assert_eq!(pays.activity().await.request.name, "a99999");
}

#[tokio::test]
async fn huge_metadata_is_refused_and_the_next_call_goes_through() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut request = Request::new(instance("a"));
    let value = "x".repeat(1024 * 1024).parse().unwrap();
    request.metadata_mut().insert("large", value);
    client.get_instance(request).await.unwrap_err();
    let mut other = server.client().await;
    other.get_instance(instance("a")).await.unwrap();
}

#[tokio::test]
async fn new_events_come_as_far_as_they_fit_into_a_message() {
    let mut options = SidecarOptions::default();
    options.message_bytes_max = 256 * 1024;
    let server = Server::with(options).await;
    let mut client = server.client().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    for size in [60_000, 150_000, 10, 100_000, 100_000] {
        let event = RaiseEventRequest {
            instance_id: String::from("a"),
            name: String::from("e"),
            input: Some(format!("\"{}\"", "x".repeat(size))),
        };
        client.raise_event(event).await.unwrap();
    }
    let mut worker = server.worker().await;
    let mut sizes = Vec::new();
    while sizes.len() < 5 {
        let episode = worker.episode().await;
        for event in &episode.request.new_events {
            if let Some(EventType::EventRaised(raised)) = &event.event_type {
                sizes.push(raised.input.as_deref().unwrap_or_default().len() - 2);
            }
        }
        if episode.request.requires_history_streaming {
            let history = StreamInstanceHistoryRequest {
                instance_id: String::from("a"),
                for_work_item_processing: true,
                ..StreamInstanceHistoryRequest::default()
            };
            let mut chunks = client
                .stream_instance_history(history)
                .await
                .unwrap()
                .into_inner();
            while chunks.message().await.unwrap().is_some() {}
        }
        worker.decide(&episode.token, Vec::new()).await;
    }
    assert_eq!(sizes, [60_000, 150_000, 10, 100_000, 100_000]);
}

#[tokio::test]
async fn a_large_event_behind_small_ones_fails_nothing() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    for size in [600_000, 3_900_000] {
        let event = RaiseEventRequest {
            instance_id: String::from("a"),
            name: String::from("e"),
            input: Some(format!("\"{}\"", "x".repeat(size))),
        };
        client.raise_event(event).await.unwrap();
    }
    let mut worker = server.worker().await;
    for expected in [2, 1] {
        let episode = worker.episode().await;
        let raised = episode.request.new_events.len() - 1;
        assert_eq!(
            raised, expected,
            "the start with the first, then the second"
        );
        worker.decide(&episode.token, Vec::new()).await;
    }
}

#[tokio::test]
async fn what_a_worker_says_under_the_token_of_another_ends_that_item_once() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let mut worker = server.worker().await;
    let mut foreign = server.worker().await;
    let (request, token) = tokio::select! {
        item = worker.item() => item,
        item = foreign.item() => item,
    };
    drop(request);
    for output in ["1", "2"] {
        let response = OrchestratorResponse {
            completion_token: token.clone(),
            actions: vec![complete(0, output)],
            ..OrchestratorResponse::default()
        };
        foreign
            .client
            .complete_orchestrator_task(response)
            .await
            .unwrap();
    }
    let state = ended(&mut client, "a").await;
    assert_eq!(state.output.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_failed_instance_is_rewound_to_before_its_failure() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    worker
        .decide(&episode.token, vec![call(0, "Pay", "1")])
        .await;
    let paying = worker.activity().await;
    let failed = ActivityResponse {
        completion_token: paying.token,
        failure_details: Some(Failure::new("Broke", "no money").into()),
        ..ActivityResponse::default()
    };
    client.complete_activity_task(failed).await.unwrap();
    let episode = worker.episode().await;
    let mut end = complete(1, "");
    if let Some(Action::CompleteOrchestration(end)) = &mut end.orchestrator_action_type {
        end.orchestration_status = OrchestrationStatus::Failed.into();
    }
    worker.decide(&episode.token, vec![end]).await;
    let state = ended(&mut client, "a").await;
    assert!(is(&state, OrchestrationStatus::Failed), "{state:?}");
    let rewind = RewindInstanceRequest {
        instance_id: String::from("a"),
        reason: Some(String::from("again")),
    };
    client.rewind_instance(rewind).await.unwrap();
    let episode = worker.episode().await;
    let rewound = episode.request.new_events.iter().any(|event| {
        matches!(&event.event_type, Some(EventType::ExecutionRewound(rewound))
            if rewound.reason.as_deref() == Some("again"))
    });
    assert!(rewound, "{episode:?}");
}

#[tokio::test]
async fn an_empty_entity_leaves_nothing_to_clean_and_a_signal_keeps_its_id() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    let signal = SignalEntityRequest {
        instance_id: String::from("@counter@k"),
        name: String::from("delete"),
        request_id: String::from("mine"),
        ..SignalEntityRequest::default()
    };
    client.signal_entity(signal.clone()).await.unwrap();
    let item = worker.entity().await;
    let Some(EventType::EntityOperationSignaled(signaled)) =
        &item.request.operation_requests[0].event_type
    else {
        panic!("{item:?}");
    };
    assert_eq!(signaled.request_id, "mine");
    let result = EntityBatchResult {
        results: vec![OperationResult {
            result_type: Some(ResultType::Success(OperationResultSuccess::default())),
        }],
        completion_token: item.token,
        ..EntityBatchResult::default()
    };
    worker.client.complete_entity_task(result).await.unwrap();
    let clean = CleanEntityStorageRequest {
        remove_empty_entities: true,
        release_orphaned_locks: true,
        ..CleanEntityStorageRequest::default()
    };
    let cleaned = client
        .clean_entity_storage(clean)
        .await
        .unwrap()
        .into_inner();
    // What is empty has no storage here.
    assert_eq!(
        (
            cleaned.empty_entities_removed,
            cleaned.orphaned_locks_released
        ),
        (0, 0)
    );
    let get = GetEntityRequest {
        instance_id: String::from("@counter@k"),
        include_state: true,
    };
    assert!(!client.get_entity(get).await.unwrap().into_inner().exists);
    let long = SignalEntityRequest {
        request_id: "x".repeat(257),
        ..signal
    };
    let refused = client.signal_entity(long).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().starts_with("requestId: "), "{refused}");
}
