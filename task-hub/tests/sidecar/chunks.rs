//! Answers in chunks.

use durable_task::wire::proto::{OrchestrationStatus, OrchestratorAction, OrchestratorResponse};
use task_hub::sidecar::SidecarOptions;
use tonic::Code;

use crate::support::worker::{call, complete, kinds};
use crate::support::{Server, ended, is, start};

fn chunk(
    token: &str,
    index: i32,
    actions: Vec<OrchestratorAction>,
    is_partial: bool,
) -> OrchestratorResponse {
    OrchestratorResponse {
        completion_token: token.to_owned(),
        actions,
        is_partial,
        chunk_index: Some(index),
        ..OrchestratorResponse::default()
    }
}

#[tokio::test]
async fn chunks_become_one_answer() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    let token = &episode.token;
    let before = server.stats().episodes;
    for index in [0, 0, 1] {
        let actions = vec![call(index, "Pay", "1")];
        let part = chunk(token, index, actions, true);
        client.complete_orchestrator_task(part).await.unwrap();
    }
    assert_eq!(server.stats().episodes, before, "nothing has happened yet");
    let last = chunk(token, 2, vec![call(2, "Pay", "1")], false);
    client.complete_orchestrator_task(last).await.unwrap();
    assert_eq!(server.stats().episodes, before + 1);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(worker.activity().await.request.task_id);
    }
    ids.sort_unstable();
    assert_eq!(ids, [0, 1, 2]);
}

#[tokio::test]
async fn an_answer_with_a_hole_is_refused_and_its_item_comes_back() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let first = worker.episode().await;
    let part = chunk(&first.token, 0, vec![call(0, "Pay", "1")], true);
    client.complete_orchestrator_task(part).await.unwrap();
    let part = chunk(&first.token, 2, vec![call(2, "Pay", "1")], false);
    let refused = client.complete_orchestrator_task(part).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(refused.message(), "chunk 1 of its answer is missing");
    let second = worker.episode().await;
    assert_eq!(kinds(&second.request.new_events), ["episode", "start"]);
    worker.decide(&second.token, vec![complete(0, "3")]).await;
    assert_eq!(ended(&mut client, "a").await.output.as_deref(), Some("3"));
}

#[tokio::test]
async fn chunks_without_end_fail_the_instance() {
    let mut options = SidecarOptions::default();
    options.answer_bytes_max = 1_000;
    let server = Server::with(options).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    for index in 0..3 {
        let actions = vec![call(index, "Pay", &"x".repeat(400))];
        let part = chunk(&episode.token, index, actions, true);
        client.complete_orchestrator_task(part).await.unwrap();
    }
    let state = ended(&mut client, "a").await;
    assert!(is(&state, OrchestrationStatus::Failed));
    let failure = state.failure_details.unwrap();
    assert_eq!(failure.error_type, "MessageTooLarge");
    let text = "the orchestrator's answer has 1";
    assert!(failure.error_message.starts_with(text), "{failure:?}");
}
