//! Requests that make no sense.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    CreateInstanceRequest, CreateInstanceResponse, GetInstanceRequest, InstanceQuery,
    OrchestrationIdReusePolicy, OrchestratorResponse, PurgeInstancesRequest, QueryInstancesRequest,
    RaiseEventRequest, SignalEntityRequest,
};
use task_hub::sidecar::SidecarOptions;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::support::worker::call;
use crate::support::{Server, ended, start};

/// The same field as an id, with bytes that are no text.
#[derive(Clone, PartialEq, prost::Message)]
struct NoText {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
}

/// The same field as an id, as a number.
#[derive(Clone, PartialEq, prost::Message)]
struct NoString {
    #[prost(uint64, tag = "1")]
    id: u64,
}

async fn send<T: prost::Message + Default + 'static>(server: &Server, message: T) -> Status {
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let mut raw = tonic::client::Grpc::new(channel.connect().await.unwrap());
    raw.ready().await.unwrap();
    let path = "/TaskHubSidecarService/StartInstance".parse().unwrap();
    let codec = ProstCodec::<T, CreateInstanceResponse>::default();
    raw.unary(Request::new(message), path, codec)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn malformed_messages_are_refused_and_the_server_goes_on() {
    let server = Server::start().await;
    let id = vec![0xff, 0xfe];
    for refused in [
        send(&server, NoText { id }).await,
        send(&server, NoString { id: 7 }).await,
    ] {
        assert_eq!(refused.code(), Code::Internal);
        let text = refused.message();
        assert!(text.contains("failed to decode Protobuf message"), "{text}");
    }
    let mut client = server.client().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
}

#[tokio::test]
async fn messages_above_the_limit_are_refused() {
    let mut options = SidecarOptions::default();
    options.message_bytes_max = 1_000_000;
    let server = Server::with(options).await;
    let mut client = server.client().await;
    let large = start("a", "Order", &"x".repeat(1_000_000));
    let refused = client.start_instance(large).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
    assert!(refused.message().contains("1000000"), "{refused}");
    // It fits into this message, but not into a work item beside everything else.
    let large = start("a", "Order", &"x".repeat(990_000));
    let refused = client.start_instance(large).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(
        refused.message().starts_with("input: it has 990000 bytes"),
        "{refused}"
    );
}

async fn refused(request: CreateInstanceRequest) -> String {
    let server = Server::start().await;
    let mut client = server.client().await;
    let refused = client.start_instance(request.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    let query = client.query_instances(QueryInstancesRequest::default());
    let found = query.await.unwrap().into_inner();
    assert!(
        found.orchestration_state.is_empty(),
        "something was created"
    );
    refused.message().to_owned()
}

#[tokio::test]
async fn a_start_is_checked_before_anything_is_created() {
    let with = |change: fn(&mut CreateInstanceRequest)| {
        let mut request = start("a", "Order", "1");
        change(&mut request);
        request
    };
    let table = [
        (with(|r| r.name.clear()), "name: it must not be empty"),
        (
            with(|r| r.instance_id = String::from("a/b")),
            "instanceId: an id must not contain '/'",
        ),
        (
            with(|r| r.instance_id = String::from("@counter@k")),
            "instanceId: the id of an orchestration must not start with `@`",
        ),
        (
            with(|r| r.instance_id = "x".repeat(257)),
            "instanceId: an id has at most 256 characters",
        ),
        (
            with(|r| {
                r.scheduled_start_timestamp = Some(prost_types::Timestamp {
                    seconds: i64::MAX,
                    nanos: 0,
                });
            }),
            "scheduledStartTimestamp: 9223372036854775807 s",
        ),
        (
            with(|r| {
                r.orchestration_id_reuse_policy = Some(OrchestrationIdReusePolicy {
                    replaceable_status: vec![99],
                });
            }),
            "orchestrationIdReusePolicy.replaceableStatus: 99 is not a status",
        ),
        (
            with(|r| {
                let _ = r.tags.insert(String::from("k"), "x".repeat(9_000));
            }),
            "tags: they have 9001 bytes",
        ),
    ];
    for (request, text) in table {
        let message = refused(request).await;
        assert!(message.starts_with(text), "{message}\n{text}");
    }
}

#[tokio::test]
async fn other_requests_are_checked_too() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let get = client.get_instance(GetInstanceRequest::default()).await;
    let raise = RaiseEventRequest {
        instance_id: String::from("a"),
        ..RaiseEventRequest::default()
    };
    let signal = SignalEntityRequest {
        instance_id: String::from("no entity"),
        name: String::from("add"),
        ..SignalEntityRequest::default()
    };
    let query = |change: fn(&mut InstanceQuery)| {
        let mut query = InstanceQuery::default();
        change(&mut query);
        QueryInstancesRequest { query: Some(query) }
    };
    let token = query(|query| query.continuation_token = Some(String::from("nonsense")));
    let count = query(|query| query.max_instance_count = -1);
    let refused = [
        get.unwrap_err(),
        client.raise_event(raise).await.unwrap_err(),
        client.signal_entity(signal).await.unwrap_err(),
        client.query_instances(token).await.unwrap_err(),
        client.query_instances(count).await.unwrap_err(),
        client
            .purge_instances(PurgeInstancesRequest::default())
            .await
            .unwrap_err(),
    ];
    for refused in refused {
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains(": "), "{refused}");
    }
}

/// More than a payload may have where messages have [`MESSAGE_BYTES_MAX`], and less than these.
const LARGE_BYTES: usize = 990_000;
const MESSAGE_BYTES_MAX: usize = 1_000_000;

#[tokio::test]
async fn what_would_not_fit_into_an_item_is_refused_where_it_comes_in() {
    let mut options = SidecarOptions::default();
    options.message_bytes_max = MESSAGE_BYTES_MAX;
    let server = Server::with(options).await;
    let (mut client, mut worker) = (server.client().await, server.worker().await);
    let large = "x".repeat(LARGE_BYTES);
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();

    let raised = RaiseEventRequest {
        instance_id: String::from("a"),
        name: String::from("go"),
        input: Some(large.clone()),
    };
    let signal = SignalEntityRequest {
        instance_id: String::from("@counter@k"),
        name: String::from("add"),
        input: Some(large.clone()),
        ..SignalEntityRequest::default()
    };
    for refused in [
        client.raise_event(raised).await.unwrap_err(),
        client.signal_entity(signal).await.unwrap_err(),
    ] {
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(
            refused.message().starts_with("input: it has 990000 bytes"),
            "{refused}"
        );
    }

    // A result that is too large is the failure of its activity.
    let first = worker.episode().await;
    worker
        .decide(&first.token, vec![call(1, "work", "1")])
        .await;
    let activity = worker.activity().await;
    worker.done(&activity.token, &large).await;
    let second = worker.episode().await;
    let failed = second
        .request
        .new_events
        .iter()
        .find_map(|event| match &event.event_type {
            Some(EventType::TaskFailed(failed)) => failed.failure_details.clone(),
            _ => None,
        });
    let failed = failed.unwrap();
    assert_eq!(failed.error_type, "MessageTooLarge", "{failed:?}");
    assert!(
        failed.error_message.contains("has 990000 bytes"),
        "{failed:?}"
    );

    // And a custom status the one of its orchestration.
    let response = OrchestratorResponse {
        completion_token: second.token.clone(),
        custom_status: Some("x".repeat(20_000)),
        ..OrchestratorResponse::default()
    };
    let done = worker.client.complete_orchestrator_task(response).await;
    done.unwrap();
    let ended = ended(&mut client, "a").await;
    let failure = ended.failure_details.unwrap();
    assert_eq!(failure.error_type, "CustomStatusTooLarge", "{failure:?}");
    assert!(failure.error_message.contains("16384"), "{failure:?}");
}

#[tokio::test]
async fn a_state_that_would_not_fit_into_an_item_is_not_kept() {
    let mut options = SidecarOptions::default();
    options.message_bytes_max = MESSAGE_BYTES_MAX;
    let server = Server::with(options).await;
    let (mut client, mut worker) = (server.client().await, server.worker().await);
    let signal = || SignalEntityRequest {
        instance_id: String::from("@counter@k"),
        name: String::from("add"),
        ..SignalEntityRequest::default()
    };
    client.signal_entity(signal()).await.unwrap();
    let batch = worker.entity().await;
    worker.operated(&batch, "1", "7").await;
    client.signal_entity(signal()).await.unwrap();
    let batch = worker.entity().await;
    worker.operated(&batch, "2", &"x".repeat(LARGE_BYTES)).await;
    // The next one can be worked on.
    client.signal_entity(signal()).await.unwrap();
    let batch = worker.entity().await;
    assert_eq!(batch.request.entity_state.as_deref(), Some("7"));
}
