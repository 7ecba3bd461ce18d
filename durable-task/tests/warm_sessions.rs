use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use durable_task::testing::{HistoryBuilder, TestRuntime};
use durable_task::{OrchestrationContext, Registry, Timestamp, Worker, WorkerOptions};

use crate::support::{ask, cold, completion, response, warm, worker_with};

/// Counts how often the orchestrator's code begins.
fn counting() -> (Registry, Arc<AtomicUsize>) {
    let begun = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&begun);
    let mut registry = Registry::new();
    let run = move |ctx: OrchestrationContext, (): ()| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut seen = Vec::new();
            while seen.len() < 2 {
                seen.push(ctx.wait_for_event_named::<String>("go").await?);
            }
            Ok(seen)
        }
    };
    registry.orchestrator_fn("two", "", run).unwrap();
    (registry, begun)
}

async fn begin(worker: &Worker, instance: &str) -> bool {
    let answer = ask(
        worker,
        cold(instance, HistoryBuilder::new("two", instance, &())),
    )
    .await;
    let (response, warm) = response(answer);
    assert!(response.actions.is_empty());
    warm
}

fn go(payload: &str) -> HistoryBuilder {
    HistoryBuilder::empty(Timestamp::EPOCH).event_raised("go", payload)
}

/// Whether the worker still has the session.
async fn is_warm(worker: &Worker, instance: &str) -> bool {
    let answer = ask(worker, warm(instance, go("1"))).await;
    let (response, kept) = response(answer);
    assert_eq!(response.requires_history, !kept);
    kept
}

#[tokio::test]
async fn a_warm_session_goes_on_with_new_events() {
    let (registry, begun) = counting();
    let worker = worker_with(registry, &TestRuntime::new(), WorkerOptions::default());
    assert!(begin(&worker, "i").await);
    let (first, kept) = response(ask(&worker, warm("i", go("a"))).await);
    assert!(kept && !first.requires_history && first.actions.is_empty());
    let (second, kept) = response(ask(&worker, warm("i", go("b"))).await);
    assert_eq!(completion(&second), Some(Ok(String::from(r#"["a","b"]"#))));
    assert!(!kept);
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    assert!(!is_warm(&worker, "i").await);
}

#[tokio::test]
async fn a_worker_without_the_session_asks_for_the_history() {
    let (registry, _) = counting();
    let worker = worker_with(registry, &TestRuntime::new(), WorkerOptions::default());
    assert!(!is_warm(&worker, "never seen").await);

    assert!(begin(&worker, "i").await);
    let durable_task::WorkRequest::Orchestrator { mut request, warm } = warm("i", go("a")) else {
        unreachable!();
    };
    request.execution_id = Some(String::from("another execution"));
    let item = durable_task::WorkRequest::Orchestrator { request, warm };
    let (response, _) = response(ask(&worker, item).await);
    assert!(response.requires_history);
}

#[tokio::test]
async fn a_request_with_history_replaces_the_session() {
    let (registry, begun) = counting();
    let worker = worker_with(registry, &TestRuntime::new(), WorkerOptions::default());
    begin(&worker, "i").await;
    let (_, kept) = response(ask(&worker, warm("i", go("lost"))).await);
    assert!(kept);
    assert!(begin(&worker, "i").await);
    assert_eq!(begun.load(Ordering::SeqCst), 2);
    response(ask(&worker, warm("i", go("a"))).await);
    let (last, _) = response(ask(&worker, warm("i", go("b"))).await);
    assert_eq!(completion(&last), Some(Ok(String::from(r#"["a","b"]"#))));
}

#[tokio::test]
async fn beyond_the_count_the_least_recently_used_goes() {
    let options = WorkerOptions {
        lanes: 1,
        warm_sessions_max: 2,
        ..WorkerOptions::default()
    };
    let (registry, _) = counting();
    let worker = worker_with(registry, &TestRuntime::new(), options);
    for instance in ["a", "b"] {
        assert!(begin(&worker, instance).await);
    }
    assert!(is_warm(&worker, "a").await);
    assert!(begin(&worker, "c").await);
    assert!(!is_warm(&worker, "b").await);
    assert!(begin(&worker, "d").await);
    assert!(is_warm(&worker, "c").await);
    assert!(!is_warm(&worker, "a").await);
}

#[tokio::test]
async fn beyond_the_bytes_the_least_recently_used_goes() {
    let options = WorkerOptions {
        lanes: 1,
        warm_session_bytes_max: 100_000,
        ..WorkerOptions::default()
    };
    let (registry, _) = counting();
    let worker = worker_with(registry, &TestRuntime::new(), options);
    let unread = |instance: &str, bytes| {
        let payload = "x".repeat(bytes);
        let events = HistoryBuilder::new("two", instance, &());
        cold(instance, events.event_raised("unread", &payload))
    };
    let (_, kept) = response(ask(&worker, unread("a", 60_000)).await);
    assert!(kept);
    let (_, kept) = response(ask(&worker, unread("b", 60_000)).await);
    assert!(kept);
    assert!(!is_warm(&worker, "a").await);
    // One that is too large by itself is not kept, and drives nobody else out.
    let (_, kept) = response(ask(&worker, unread("c", 200_000)).await);
    assert!(!kept);
    assert!(is_warm(&worker, "b").await);
}

#[tokio::test]
async fn without_room_for_sessions_every_episode_replays() {
    let options = WorkerOptions {
        warm_sessions_max: 0,
        ..WorkerOptions::default()
    };
    let (registry, _) = counting();
    let worker = worker_with(registry, &TestRuntime::new(), options);
    assert!(!begin(&worker, "i").await);
}

#[tokio::test]
async fn an_idle_session_is_dropped() {
    struct Alive(Arc<AtomicUsize>);
    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&alive);
    let mut registry = Registry::new();
    let run = move |ctx: OrchestrationContext, (): ()| {
        counter.fetch_add(1, Ordering::SeqCst);
        let guard = Alive(Arc::clone(&counter));
        async move {
            let _guard = guard;
            ctx.wait_for_event_named::<()>("go").await
        }
    };
    registry.orchestrator_fn("two", "", run).unwrap();
    let runtime = TestRuntime::new();
    let options = WorkerOptions {
        lanes: 1,
        ..WorkerOptions::default()
    };
    let worker = worker_with(registry, &runtime, options);
    assert!(begin(&worker, "a").await);
    runtime.until_sleeping(1).await;
    runtime.advance(Duration::from_secs(20));
    assert!(begin(&worker, "b").await);
    runtime.advance(Duration::from_secs(10));
    // The lane sleeps again only after it has swept: `a` is gone, `b` has 20 seconds left.
    runtime.until_sleeping(1).await;
    assert_eq!(alive.load(Ordering::SeqCst), 1);
    runtime.advance(Duration::from_secs(20));
    let (response, _) = response(ask(&worker, warm("b", go("1"))).await);
    assert!(response.requires_history);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
}
