//! Pings, and how a server stops.

use std::sync::Arc;
use std::time::Duration;

use durable_task::TokioRuntime;
use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{OrchestrationStatus, OrchestratorResponse};
use task_hub::sidecar::{ServeError, SidecarOptions};
use task_hub::store::memory::MemoryStore;
use task_hub::{Hub, HubOptions};
use tonic::Code;

use crate::support::worker::{call, complete};
use crate::support::{Server, ended, instance, is, refuses_starts, start, state};

#[tokio::test]
async fn a_worker_is_pinged_when_there_is_nothing_to_do() {
    let mut options = SidecarOptions::default();
    options.ping_every = Duration::from_millis(20);
    let server = Server::with(options).await;
    let mut worker = server.worker().await;
    for _ in 0..3 {
        let message = worker.message().await.unwrap();
        assert!(matches!(message.request, Some(Request::HealthPing(_))));
        assert_eq!(message.completion_token, "");
    }
}

#[tokio::test]
async fn an_answer_that_came_too_late_is_not_acknowledged() {
    let mut options = SidecarOptions::default();
    options.drain = Duration::ZERO;
    let server = Server::with(options).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    server.stop();
    assert_eq!(worker.message().await, None, "its stream ends");
    let response = OrchestratorResponse {
        completion_token: episode.token,
        actions: vec![complete(0, "1")],
        ..OrchestratorResponse::default()
    };
    client
        .complete_orchestrator_task(response)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_server_that_stops_waits_for_what_is_out_and_ends_its_streams() {
    let folder = tempfile::tempdir().unwrap();
    let options = SidecarOptions::default();
    let hub = || HubOptions::file(folder.path().join("hub.db"));
    let server = Server::of(hub(), options).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    let mut waiting = client.clone();
    let waits =
        tokio::spawn(async move { waiting.wait_for_instance_completion(instance("a")).await });
    server.stop();
    refuses_starts(&mut client).await;
    worker
        .decide(&episode.token, vec![call(0, "Pay", "1")])
        .await;
    assert_eq!(
        worker.message().await,
        None,
        "no activity is given out, the stream ends"
    );
    let told = waits.await.unwrap().unwrap_err();
    assert_eq!(told.code(), Code::Unavailable, "{told}");
    server.stopped().await;

    let server = Server::of(hub(), options).await;
    let mut client = server.client().await;
    assert!(is(
        &state(&mut client, "a").await,
        OrchestrationStatus::Running
    ));
    let mut worker = server.worker().await;
    let activity = worker.activity().await;
    worker.done(&activity.token, "1").await;
    let episode = worker.episode().await;
    worker.decide(&episode.token, vec![complete(1, "4")]).await;
    assert_eq!(ended(&mut client, "a").await.output.as_deref(), Some("4"));
}

#[tokio::test]
async fn a_hub_that_fails_tells_its_workers_and_ends_the_server() {
    let options = SidecarOptions::default();
    let runtime = Arc::new(TokioRuntime::current().unwrap());
    let store = Arc::new(MemoryStore::new());
    let hub = Hub::with_store(
        Arc::clone(&store) as Arc<_>,
        options.hub_limits(),
        runtime.clone(),
    );
    let server = Server::serving(hub.await.unwrap(), runtime, options).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    let mut idle = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let (episode, idle) = tokio::select! {
        episode = worker.episode() => (episode, &mut idle),
        episode = idle.episode() => (episode, &mut worker),
    };
    let mut waiting = client.clone();
    let waits =
        tokio::spawn(async move { waiting.wait_for_instance_completion(instance("a")).await });
    server.waiting(1).await;
    store.faults().panic();
    let response = OrchestratorResponse {
        completion_token: episode.token,
        actions: vec![complete(0, "1")],
        ..OrchestratorResponse::default()
    };
    for _ in 0..2 {
        let answered = client.complete_orchestrator_task(response.clone()).await;
        assert_eq!(answered.unwrap_err().code(), Code::Unavailable);
    }
    let told = idle.try_message().await.unwrap_err();
    assert_eq!(told.code(), Code::Unavailable, "{told}");
    assert!(told.message().contains("injected panic"), "{told}");
    let told = waits.await.unwrap().unwrap_err();
    assert_eq!(told.code(), Code::Unavailable, "{told}");
    let Err(ServeError::Hub { reason }) = server.ended().await else {
        panic!("it goes on, or ends as if asked");
    };
    assert!(reason.contains("injected panic"), "{reason}");
}

#[tokio::test]
async fn a_hub_that_its_owner_shuts_down_ends_the_server() {
    let server = Server::start().await;
    let mut worker = server.worker().await;
    server.hub.shutdown(Duration::ZERO).await;
    assert_eq!(worker.message().await, None, "its stream ends");
    server.stopped().await;
}
