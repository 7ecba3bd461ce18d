//! Large histories and other things that don't fit.

use durable_task::wire::proto::{
    GetWorkItemsRequest, HistoryEvent, OrchestrationStatus, OrchestratorRequest, RaiseEventRequest,
    StreamInstanceHistoryRequest,
};
use task_hub::sidecar::SidecarOptions;
use tonic::{Code, Status};

use crate::support::worker::{Given, call, complete, kinds};
use crate::support::{Client, Server, Worker, ended, is, start, state};

async fn history(
    client: &mut Client,
    request: StreamInstanceHistoryRequest,
) -> Result<Vec<Vec<HistoryEvent>>, Status> {
    let mut stream = client.stream_instance_history(request).await?.into_inner();
    let mut chunks = Vec::new();
    while let Some(chunk) = stream.message().await? {
        chunks.push(chunk.events);
    }
    Ok(chunks)
}

fn of_item(id: &str, execution: Option<String>) -> StreamInstanceHistoryRequest {
    StreamInstanceHistoryRequest {
        instance_id: id.to_owned(),
        execution_id: execution,
        for_work_item_processing: true,
    }
}

fn small() -> SidecarOptions {
    let mut options = SidecarOptions::default();
    options.stream_above_bytes = 10_000;
    options
}

/// Runs an instance through activities with results of so many bytes, and returns the next episode.
async fn grow(worker: &mut Worker, results: &[usize]) -> Given<OrchestratorRequest> {
    for (id, bytes) in (0..).zip(results) {
        let episode = worker.episode().await;
        worker
            .decide(&episode.token, vec![call(id, "Pay", "1")])
            .await;
        let activity = worker.activity().await;
        worker.done(&activity.token, &"x".repeat(*bytes)).await;
    }
    worker.episode().await
}

#[tokio::test]
async fn a_large_history_is_streamed_to_the_worker() {
    let server = Server::with(small()).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = grow(&mut worker, &[600_000, 1]).await;
    let request = episode.request;
    assert!(request.requires_history_streaming && request.past_events.is_empty());
    assert_eq!(kinds(&request.new_events), ["episode", "completed"]);
    let streamed = of_item("a", request.execution_id);
    let chunks = history(&mut client, streamed).await.unwrap();
    assert!(chunks.len() > 1, "{}", chunks.len());
    let events = chunks.concat();
    let episode_of_step = ["episode", "completed", "scheduled", "end of episode"];
    let mut expected = vec!["episode", "start", "scheduled", "end of episode"];
    expected.extend(episode_of_step);
    assert_eq!(kinds(&events), expected);
    worker.decide(&episode.token, vec![complete(2, "1")]).await;
    ended(&mut client, "a").await;
}

#[tokio::test]
async fn a_token_is_void_when_its_history_is_not_read_to_the_end() {
    let server = Server::with(small()).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let first = grow(&mut worker, &[3_000_000; 5]).await;
    let request = of_item("a", first.request.execution_id);
    let stream = client.stream_instance_history(request).await.unwrap();
    let mut stream = stream.into_inner();
    // Far more than a connection has on its way.
    assert!(stream.message().await.unwrap().is_some());
    drop(stream);
    let second = worker.episode().await;
    assert_ne!(first.token, second.token);
    // What a worker makes of a broken stream.
    worker
        .decide(&first.token, vec![complete(2, "\"broken\"")])
        .await;
    worker
        .decide(&second.token, vec![complete(2, "\"whole\"")])
        .await;
    let state = ended(&mut client, "a").await;
    assert_eq!(state.output.as_deref(), Some("\"whole\""));
}

#[tokio::test]
async fn only_the_history_of_an_item_that_is_out_is_streamed_for_processing() {
    let server = Server::with(small()).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let refused = history(&mut client, of_item("a", None)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    // An item whose history came with it.
    let episode = worker.episode().await;
    let refused = history(&mut client, of_item("a", None)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    worker.decide(&episode.token, vec![complete(0, "1")]).await;
}

#[tokio::test]
async fn a_client_reads_a_history_in_chunks() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = grow(&mut worker, &[2_000_000, 1]).await;
    worker.decide(&episode.token, vec![complete(2, "1")]).await;
    let state = ended(&mut client, "a").await;
    for execution_id in [None, state.execution_id] {
        let request = StreamInstanceHistoryRequest {
            instance_id: String::from("a"),
            execution_id,
            for_work_item_processing: false,
        };
        let chunks = history(&mut client, request).await.unwrap();
        assert!(chunks.len() > 1);
        let events = chunks.concat();
        assert_eq!(kinds(&events).last(), Some(&"end of episode"));
        assert!(kinds(&events).contains(&"end"));
        assert!(events.iter().all(|event| event.timestamp.is_some()));
    }
    let request = StreamInstanceHistoryRequest {
        instance_id: String::from("none"),
        ..StreamInstanceHistoryRequest::default()
    };
    let refused = history(&mut client, request).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert_eq!(refused.message(), "instance `none` was not found");
}

#[tokio::test]
async fn a_history_that_its_workers_cannot_take_ends_the_instance_with_a_named_error() {
    let mut options = SidecarOptions::default();
    options.message_bytes_max = 300_000;
    let server = Server::with(options).await;
    let mut client = server.client().await;
    let request = GetWorkItemsRequest::default();
    let mut worker = Worker::of(server.client().await, request).await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    worker
        .decide(&episode.token, vec![call(0, "Pay", "1")])
        .await;
    for id in 1..=2 {
        let activity = worker.activity().await;
        worker.done(&activity.token, &"x".repeat(200_000)).await;
        if id == 1 {
            let episode = worker.episode().await;
            worker
                .decide(&episode.token, vec![call(id, "Pay", "1")])
                .await;
        }
    }
    let state = ended(&mut client, "a").await;
    assert!(is(&state, OrchestrationStatus::Failed));
    let failure = state.failure_details.unwrap();
    assert_eq!(failure.error_type, "MessageTooLarge");
    assert!(
        failure.error_message.contains("the history has 2"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn many_large_events_come_a_few_at_a_time() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    for _ in 0..12 {
        let event = RaiseEventRequest {
            instance_id: String::from("a"),
            name: String::from("e"),
            input: Some("x".repeat(700_000)),
        };
        client.raise_event(event).await.unwrap();
    }
    worker.decide(&episode.token, Vec::new()).await;
    let (mut raised, mut episodes) = (0, 0);
    while raised < 12 {
        let episode = worker.episode().await;
        let events = kinds(&episode.request.new_events);
        let new = events.iter().filter(|kind| **kind == "raised").count();
        assert!(new > 0);
        raised += new;
        episodes += 1;
        worker.decide(&episode.token, Vec::new()).await;
    }
    assert_eq!(raised, 12);
    assert!(episodes > 2, "eight megabytes do not fit into two messages");
    let state = state(&mut client, "a").await;
    assert!(is(&state, OrchestrationStatus::Running));
}
