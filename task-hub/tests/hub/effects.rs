//! No effect leaves before its commit is durable: on a store that makes commits wait and fail.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::OrchestratorResponse;
use durable_task::{ClientError, EntityId, Fetch, StartRequest, Status, WorkAnswer};
use task_hub::HubHealth;
use task_hub::store::memory::{Fault, Faults, MemoryStore};

use crate::flow::{counter, sequence};
use crate::support::script::{self, call, complete};
use crate::support::{Bench, ScriptedWorker, id};

async fn bench(worker: ScriptedWorker) -> (Bench, Arc<Faults>) {
    let store = Arc::new(MemoryStore::new());
    let faults = store.faults();
    (Bench::on(store, worker).await, faults)
}

fn request() -> StartRequest {
    StartRequest::new("sequence", id("a")).input_json("1")
}

#[tokio::test]
async fn a_start_is_answered_and_its_activity_runs_when_it_is_durable() {
    let (bench, faults) = bench(sequence()).await;
    faults.hold();
    let start = tokio::spawn({
        let client = Arc::clone(&bench.client);
        async move { client.start(request()).await }
    });
    faults.commit_is_held().await;
    assert!(!start.is_finished());
    assert_eq!(bench.worker.started_count(), 0);
    assert_eq!(bench.worker.requests().len(), 1, "the episode ran ahead");
    let seen = bench.client.get(&id("a"), Fetch::Metadata).await.unwrap();
    assert_eq!(seen, None, "reads see what is durable");
    faults.release();
    start.await.unwrap().unwrap();
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
}

#[tokio::test]
async fn a_waiter_learns_of_the_end_when_it_is_durable() {
    let (bench, faults) = bench(sequence()).await;
    bench.start("sequence", "a", "1").await;
    let activity = bench.worker.started().await;
    faults.hold();
    activity.complete("1");
    faults.commit_is_held().await;
    let state = bench.state("a").await;
    assert_eq!(state.status, Status::Running);
    assert_eq!(state.output, None);
    faults.release();
    bench.completes("a", "1").await;
}

#[tokio::test]
async fn a_failed_commit_releases_nothing_and_can_be_repeated() {
    let (bench, faults) = bench(sequence()).await;
    faults.fail([Fault::Refused]);
    let refused = bench.client.start(request()).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused:?}");
    assert_eq!(bench.worker.started_count(), 0);
    assert_eq!(bench.client.get(&id("a"), Fetch::Metadata).await, Ok(None));
    bench.client.start(request()).await.unwrap();
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
    assert_eq!(bench.hub.stats().commits_failed, 1);
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
}

#[tokio::test]
async fn a_commit_that_is_durable_without_an_answer_is_found_again() {
    let (bench, faults) = bench(sequence()).await;
    faults.fail([Fault::Unanswered]);
    let unanswered = bench.client.start(request()).await.unwrap_err();
    assert!(unanswered.is_retryable());
    let again = bench.client.start(request()).await;
    assert_eq!(again, Err(ClientError::AlreadyExists { instance: id("a") }));
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
    assert_eq!(bench.hub.stats().activities_started, 1);
}

#[tokio::test]
async fn the_result_that_a_failed_commit_lost_is_produced_again_with_the_same_key() {
    let (bench, faults) = bench(sequence()).await;
    bench.start("sequence", "a", "2").await;
    let first = bench.worker.started().await;
    let key = first.key();
    faults.fail([Fault::Refused]);
    first.complete("1");
    let again = bench.worker.started().await;
    assert_eq!(again.key(), key);
    again.complete("1");
    bench.worker.started().await.complete("2");
    bench.completes("a", "2").await;
}

#[tokio::test]
async fn an_activity_that_runs_while_the_store_fails_is_not_started_twice() {
    let (bench, faults) = bench(sequence()).await;
    bench.start("sequence", "a", "1").await;
    let running = bench.worker.started().await;
    faults.fail([Fault::Refused]);
    let other = StartRequest::new("sequence", id("b")).input_json("0");
    assert!(bench.client.start(other.clone()).await.is_err());
    bench.client.start(other).await.unwrap();
    assert_eq!(bench.worker.started_count(), 0);
    running.complete("1");
    bench.completes("a", "1").await;
    assert_eq!(bench.hub.stats().activities_started, 1);
}

#[tokio::test]
async fn a_hub_whose_store_keeps_failing_refuses_writes_and_serves_reads() {
    let (bench, faults) = bench(sequence()).await;
    bench.start("sequence", "a", "1").await;
    let running = bench.worker.started().await;
    faults.fail([Fault::Refused]);
    faults.refuse_open(2);
    let other = StartRequest::new("sequence", id("b")).input_json("0");
    assert!(bench.client.start(other.clone()).await.is_err());
    assert_eq!(bench.state("a").await.status, Status::Running);
    assert!(matches!(bench.hub.health(), HubHealth::Failing { .. }));
    let refused = bench.client.start(other.clone()).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused:?}");
    // A result that comes meanwhile is not lost.
    running.complete("1");
    for delay in [100, 200] {
        bench.runtime.sleeping(1).await;
        bench.runtime.advance(Duration::from_millis(delay));
    }
    bench.completes("a", "1").await;
    assert_eq!(bench.hub.stats().activities_started, 1);
    bench.client.start(other).await.unwrap();
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
}

#[tokio::test]
async fn an_answer_that_a_failure_of_the_store_made_void_is_said_to_be_lost() {
    let (bench, faults) = bench(sequence().remote()).await;
    bench.worker.hold();
    bench.start("sequence", "a", "0").await;
    bench.worker.held(1).await;
    let item = bench.worker.take_held();
    faults.fail([Fault::Refused]);
    let other = StartRequest::new("sequence", id("b")).input_json("0");
    assert!(bench.client.start(other).await.is_err());
    // The item is given out again, so what is said about the first one is not kept.
    bench.worker.held(1).await;
    let answer = WorkAnswer::Orchestrator {
        response: OrchestratorResponse::default(),
        warm: false,
    };
    let kept = item.completer.complete_durably(answer).await;
    assert!(kept.is_err(), "it was said to be kept");
    bench.worker.release();
    bench.completes("a", "0").await;
}

fn asynchronous() -> ScriptedWorker {
    ScriptedWorker::new()
        .entity("counter", false, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .orchestrator("count", |events| {
            let mut actions = vec![
                call("@counter@a", "1", "add", "5"),
                call("@counter@a", "2", "add", "2"),
            ];
            let replies = script::replies(events);
            if replies.len() == 2 {
                actions.push(complete(&replies.join(",")));
            }
            actions
        })
}

#[tokio::test]
async fn an_asynchronous_entity_waits_until_its_messages_are_durable() {
    let (bench, faults) = bench(asynchronous()).await;
    faults.hold();
    let start = tokio::spawn({
        let client = Arc::clone(&bench.client);
        async move { client.start(StartRequest::new("count", id("a"))).await }
    });
    faults.commit_is_held().await;
    assert_eq!(bench.worker.batches().len(), 0);
    faults.release();
    start.await.unwrap().unwrap();
    bench.completes("a", "5,7").await;
    let batches = bench.worker.batches();
    assert_eq!(batches.len(), 2, "one operation at a time");
    assert!(batches.iter().all(|batch| batch.operations.len() == 1));
    let entity = EntityId::new("counter", "a").unwrap();
    let state = bench.client.get_entity(&entity, true).await.unwrap();
    assert_eq!(state.unwrap().state.as_deref(), Some("7"));
}
