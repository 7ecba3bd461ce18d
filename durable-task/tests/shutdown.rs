use std::sync::Arc;
use std::time::Duration;

use durable_task::testing::{HistoryBuilder, TestRuntime};
use durable_task::{ActivityContext, OrchestrationContext, Registry, WorkAnswer};
use tokio::sync::Notify;

use crate::support::{abandoned, activity, ask, cold, hand, worker};

const MINUTE: Duration = Duration::from_mins(1);

/// An activity that ends when it is told.
fn registry() -> (Registry, Arc<Notify>, Arc<Notify>) {
    let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait) = (Arc::clone(&begun), Arc::clone(&end));
    let mut registry = Registry::new();
    let run = move |_: ActivityContext, (): ()| {
        let (signal, wait) = (Arc::clone(&signal), Arc::clone(&wait));
        async move {
            signal.notify_one();
            wait.notified().await;
            Ok("done")
        }
    };
    registry.activity_fn("slow", run).unwrap();
    let quick = |_: OrchestrationContext, (): ()| async move { Ok(()) };
    registry.orchestrator_fn("quick", "", quick).unwrap();
    (registry, begun, end)
}

#[tokio::test]
async fn a_drain_waits_for_what_runs_and_takes_nothing_new() {
    let (registry, begun, end) = registry();
    let runtime = TestRuntime::new();
    let worker = worker(registry, &runtime);
    let handed = hand(&worker, activity("slow", "null"));
    begun.notified().await;
    let drain = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.drain(MINUTE).await }
    });
    runtime.until_sleeping(1).await;
    for request in [
        activity("slow", "null"),
        cold("i", HistoryBuilder::new("quick", "i", &())),
    ] {
        let reason = abandoned(ask(&worker, request).await);
        assert_eq!(reason, "the worker is shutting down");
    }
    assert!(!drain.is_finished());
    end.notify_one();
    drain.await.unwrap();
    assert!(matches!(
        handed.answer.await.unwrap(),
        WorkAnswer::Activity(_)
    ));
}

#[tokio::test]
async fn at_its_deadline_a_drain_cancels_what_runs() {
    let (registry, begun, _end) = registry();
    let runtime = TestRuntime::new();
    let worker = worker(registry, &runtime);
    let handed = hand(&worker, activity("slow", "null"));
    begun.notified().await;
    let drain = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.drain(MINUTE).await }
    });
    runtime.until_sleeping(1).await;
    runtime.advance(MINUTE);
    // The grace of the activity, and the rest of the drain.
    runtime.until_sleeping(2).await;
    runtime.advance(Duration::from_secs(5));
    let reason = abandoned(handed.answer.await.unwrap());
    assert_eq!(reason, "activity `slow` was cancelled");
    drain.await.unwrap();
}

#[tokio::test]
async fn at_its_deadline_a_drain_tells_activities() {
    let (mut registry, ..) = registry();
    let begun = Arc::new(Notify::new());
    let signal = Arc::clone(&begun);
    let run = move |ctx: ActivityContext, (): ()| {
        let signal = Arc::clone(&signal);
        async move {
            signal.notify_one();
            ctx.cancelled().cancelled().await;
            Ok("stopped")
        }
    };
    registry.activity_fn("polite", run).unwrap();
    let runtime = TestRuntime::new();
    let worker = worker(registry, &runtime);
    let handed = hand(&worker, activity("polite", "null"));
    begun.notified().await;
    let drain = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.drain(MINUTE).await }
    });
    runtime.until_sleeping(1).await;
    runtime.advance(MINUTE);
    let WorkAnswer::Activity(response) = handed.answer.await.unwrap() else {
        panic!("not an answer of the activity");
    };
    assert_eq!(response.result.as_deref(), Some("\"stopped\""));
    drain.await.unwrap();
}

#[tokio::test]
async fn an_idle_worker_drains_at_once() {
    let (registry, ..) = registry();
    let worker = worker(registry, &TestRuntime::new());
    let answer = ask(&worker, cold("i", HistoryBuilder::new("quick", "i", &()))).await;
    assert!(matches!(answer, WorkAnswer::Orchestrator { .. }));
    worker.drain(MINUTE).await;
    // Lanes are gone; nothing hangs.
    let request = cold("i", HistoryBuilder::new("quick", "i", &()));
    abandoned(ask(&worker, request).await);
}
