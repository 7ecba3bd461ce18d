//! Failed instances go on from before their failures.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::HistoryEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::{ClientError, Status};
use task_hub::store::Store;
use task_hub::store::memory::MemoryStore;

use crate::support::script::{self, activity, child, complete, fail};
use crate::support::{Bench, ScriptedWorker, id};

/// An orchestrator that fails with its first failed activity, else gives its last result.
fn one_activity(events: &[HistoryEvent]) -> Vec<Action> {
    let mut actions = vec![activity("work", &script::input(events))];
    for event in events {
        match &event.event_type {
            Some(EventType::TaskCompleted(done)) => {
                actions.push(complete(done.result.as_deref().unwrap_or_default()));
            }
            Some(EventType::TaskFailed(_)) => actions.push(fail("its activity failed")),
            _ => {}
        }
    }
    actions
}

/// `low` calls an activity, `mid` calls `low`, `top` calls `mid` and `side`.
fn family() -> ScriptedWorker {
    fn over(
        children: &'static [(&'static str, &'static str)],
    ) -> impl Fn(&[HistoryEvent]) -> Vec<Action> {
        move |events| {
            let mut actions: Vec<_> = children
                .iter()
                .map(|(instance, name)| child(instance, name, ""))
                .collect();
            let answers = script::children(events);
            if answers.iter().any(Result::is_err) {
                actions.push(fail("a child failed"));
            } else if answers.len() == children.len() {
                let answers: Vec<_> = answers.into_iter().flatten().collect();
                actions.push(complete(&answers.join("+")));
            }
            actions
        }
    }
    ScriptedWorker::new()
        .cold()
        .activity("work")
        .orchestrator("low", one_activity)
        .orchestrator("mid", over(&[("low", "low")]))
        .orchestrator("top", over(&[("mid", "mid"), ("side", "low")]))
}

async fn rewind(bench: &Bench, instance: &str) -> Result<(), ClientError> {
    let reason = Some(String::from("fixed"));
    bench.client.rewind(&id(instance), reason).await
}

#[tokio::test]
async fn a_failed_activity_runs_again() {
    for store in [true, false] {
        let worker = ScriptedWorker::new()
            .cold()
            .activity("work")
            .orchestrator("low", one_activity);
        let (bench, _folder) = if store {
            (Bench::memory(worker).await, None)
        } else {
            let (bench, folder) = Bench::file(worker).await;
            (bench, Some(folder))
        };
        bench.start("low", "a", "7").await;
        bench.worker.started().await.fail("no");
        let failed = bench.ended("a").await;
        assert_eq!(failed.status, Status::Failed);
        rewind(&bench, "a").await.unwrap();
        let state = bench.state("a").await;
        assert_eq!(state.status, Status::Running);
        assert_eq!(state.input.as_deref(), Some("7"));
        assert_eq!((state.failure, state.completed_at), (None, None));
        assert_ne!(state.execution_id, failed.execution_id);
        let again = bench.worker.started().await;
        assert_eq!(again.request.input.as_deref(), Some("7"));
        again.complete("1");
        bench.completes("a", "1").await;
        let history = bench.client.history(&id("a")).await.unwrap();
        let ends = history
            .iter()
            .filter(|event| matches!(event.event_type, Some(EventType::ExecutionCompleted(_))));
        assert_eq!(ends.count(), 1);
        let orders = history
            .iter()
            .filter(|event| matches!(event.event_type, Some(EventType::ExecutionRewound(_))));
        assert_eq!(orders.count(), 1);
    }
}

#[tokio::test]
async fn only_what_has_failed_is_rewound() {
    let bench = Bench::memory(family()).await;
    let instance = id("nobody");
    assert_eq!(
        rewind(&bench, "nobody").await,
        Err(ClientError::NotFound { instance })
    );
    bench.start("low", "a", "").await;
    let running = bench.worker.started().await;
    let refused = |status| {
        let (instance, operation) = (id("a"), "rewound");
        Err(ClientError::InvalidState {
            instance,
            operation,
            status,
        })
    };
    assert_eq!(rewind(&bench, "a").await, refused(Status::Running));
    running.complete("1");
    bench.completes("a", "1").await;
    assert_eq!(rewind(&bench, "a").await, refused(Status::Completed));
}

/// Fails the activity of `low` below `mid`, and lets that of `side` be.
async fn fail_low(bench: &Bench) -> Option<crate::support::Started> {
    let mut side = None;
    for _ in 0..2 {
        let started = bench.worker.started().await;
        let instance = started.request.orchestration_instance.clone().unwrap();
        if instance.instance_id == "low" {
            started.fail("no");
        } else {
            side = Some(started);
        }
    }
    assert_eq!(bench.ended("top").await.status, Status::Failed);
    side
}

#[tokio::test]
async fn children_are_rewound_and_answer_their_parents() {
    let bench = Bench::memory(family()).await;
    bench.start("top", "top", "").await;
    // `side` ends while nobody listens: it says so again.
    fail_low(&bench).await.unwrap().complete("2");
    bench.completes("side", "2").await;
    rewind(&bench, "top").await.unwrap();
    bench.worker.started().await.complete("1");
    let ended = bench.ended("top").await;
    assert_eq!(ended.status, Status::Completed, "{ended:?}");
    let mut parts: Vec<_> = ended.output.as_deref().unwrap().split('+').collect();
    parts.sort_unstable();
    assert_eq!(parts, ["1", "2"]);
    bench.completes("mid", "1").await;
}

#[tokio::test]
async fn a_child_that_still_runs_answers_the_rewound_parent() {
    let (bench, _folder) = Bench::file(family()).await;
    bench.start("top", "top", "").await;
    let side = fail_low(&bench).await.unwrap();
    rewind(&bench, "top").await.unwrap();
    bench.worker.started().await.complete("1");
    bench.completes("mid", "1").await;
    side.complete("2");
    assert_eq!(bench.ended("top").await.status, Status::Completed);
}

#[tokio::test]
async fn a_child_that_was_purged_begins_again() {
    let bench = Bench::memory(family()).await;
    bench.start("top", "top", "").await;
    fail_low(&bench).await.unwrap().complete("2");
    for gone in ["low", "mid"] {
        bench.client.purge(&id(gone), false).await.unwrap();
    }
    rewind(&bench, "top").await.unwrap();
    bench.worker.started().await.complete("1");
    assert_eq!(bench.ended("top").await.status, Status::Completed);
}

#[tokio::test]
async fn a_hub_without_a_worker_rewinds() {
    let store = Arc::new(MemoryStore::new());
    let bench = Bench::on(Arc::clone(&store) as Arc<dyn Store>, family()).await;
    bench.start("low", "a", "").await;
    bench.worker.started().await.fail("no");
    assert_eq!(bench.ended("a").await.status, Status::Failed);
    bench.hub.shutdown(Duration::ZERO).await;
    let runtime = crate::support::TestRuntime::new();
    let hub = task_hub::Hub::with_store(store, task_hub::HubLimits::default(), runtime)
        .await
        .unwrap();
    hub.client().rewind(&id("a"), None).await.unwrap();
    let state = hub
        .client()
        .get(&id("a"), durable_task::Fetch::Metadata)
        .await;
    assert_eq!(state.unwrap().unwrap().status, Status::Running);
}

/// The process dies after each of the commits that the rewind of a family makes. Whatever is left
/// of it leads to the same end, after asking once more if nothing of it is left.
#[tokio::test]
async fn a_rewind_survives_a_crash_after_any_commit() {
    let mut survived = 0;
    loop {
        let store = Arc::new(MemoryStore::new());
        let bench = Bench::on(Arc::clone(&store) as Arc<dyn Store>, family()).await;
        bench.start("top", "top", "").await;
        fail_low(&bench).await.unwrap().complete("2");
        bench.completes("side", "2").await;
        let faults = store.faults();
        faults.hold_after(survived);
        let asked = tokio::spawn({
            let client = Arc::clone(&bench.client);
            async move { client.rewind(&id("top"), None).await }
        });
        let all = tokio::select! {
            biased;
            () = faults.commit_is_held() => false,
            _ = bench.worker.started() => true,
        };
        let acknowledged = asked.is_finished();
        let left = Arc::new(store.after_crash());
        let next = Bench::on(left as Arc<dyn Store>, family()).await;
        if next.state("top").await.status == Status::Failed {
            assert!(!acknowledged, "after {survived} commits");
            rewind(&next, "top").await.unwrap();
        }
        next.worker.started().await.complete("1");
        let ended = next.ended("top").await;
        assert_eq!(
            ended.status,
            Status::Completed,
            "after {survived} commits: {ended:?}"
        );
        faults.release();
        if all {
            break;
        }
        survived += 1;
    }
    assert!(survived >= 2, "more than one commit was tried: {survived}");
}

/// How many events of a history are of that kind.
async fn count(bench: &Bench, instance: &str, is: impl Fn(&EventType) -> bool) -> usize {
    let history = bench.client.history(&id(instance)).await.unwrap();
    let events = history.iter().filter_map(|event| event.event_type.as_ref());
    events.filter(|event| is(event)).count()
}

/// The process dies after each of the commits from the order to the end: before the order is
/// accepted, between that and the answer of the worker, and after that. Each instance is rewound
/// once, and the activity counts once.
#[tokio::test]
async fn a_rewind_goes_on_once_wherever_its_process_dies() {
    for remote in [false, true] {
        let family = || if remote { family().remote() } else { family() };
        let (mut unasked, mut unanswered, mut answered) = (0, 0, 0);
        for survived in 0.. {
            let why = format!("after {survived} commits, remote {remote}");
            let store = Arc::new(MemoryStore::new());
            let bench = Bench::on(Arc::clone(&store) as Arc<dyn Store>, family()).await;
            bench.start("top", "top", "").await;
            fail_low(&bench).await.unwrap().complete("9");
            bench.completes("side", "9").await;
            let faults = store.faults();
            faults.hold_after(survived);
            let goes_on = async {
                rewind(&bench, "top").await.unwrap();
                bench.worker.started().await.complete("1");
                bench.ended("top").await;
            };
            let all = tokio::select! {
                biased;
                () = faults.commit_is_held() => false,
                () = goes_on => true,
            };
            let left = Arc::new(store.after_crash());
            let next = Bench::on(left as Arc<dyn Store>, family()).await;
            match next.state("top").await.status {
                Status::Failed => {
                    unasked += 1;
                    rewind(&next, "top").await.expect(&why);
                }
                Status::Running => {
                    let again = rewind(&next, "top").await.expect_err(&why);
                    assert!(matches!(again, ClientError::InvalidState { .. }), "{why}");
                }
                _ => {}
            }
            let again = tokio::select! {
                biased;
                _ = next.ended("top") => false,
                started = next.worker.started() => {
                    started.complete("2");
                    true
                }
            };
            unanswered += usize::from(again);
            answered += usize::from(!again);
            let ended = next.ended("top").await;
            assert_eq!(ended.status, Status::Completed, "{why}: {ended:?}");
            assert_eq!(next.worker.started_count(), 0, "{why}: it ran again");
            let of_low = if again { "2" } else { "1" };
            for instance in ["low", "mid"] {
                next.completes(instance, of_low).await;
            }
            let mut parts: Vec<_> = ended.output.as_deref().unwrap().split('+').collect();
            parts.sort_unstable();
            assert_eq!(parts, [of_low, "9"], "{why}");
            for instance in ["low", "mid", "top"] {
                let orders = |event: &EventType| matches!(event, EventType::ExecutionRewound(_));
                assert_eq!(count(&next, instance, orders).await, 1, "{why}: {instance}");
                let ends = |event: &EventType| matches!(event, EventType::ExecutionCompleted(_));
                assert_eq!(count(&next, instance, ends).await, 1, "{why}: {instance}");
            }
            let results = |event: &EventType| matches!(event, EventType::TaskCompleted(_));
            assert_eq!(count(&next, "low", results).await, 1, "{why}");
            faults.release();
            if all {
                break;
            }
        }
        let met = [unasked, unanswered - unasked, answered];
        assert!(met.iter().all(|met| *met >= 1), "{met:?}");
    }
}
