//! What a new process finds and goes on with.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{EntityId, StartRequest, Status, Timestamp};
use task_hub::store::memory::MemoryStore;

use crate::flow::{counter, sequence};
use crate::support::script::{self, activity, complete, lock, unlock};
use crate::support::{Bench, ScriptedWorker, id};

/// The hub's process dies: what was not durable is gone.
async fn after_crash(store: &MemoryStore, worker: ScriptedWorker) -> (Bench, Arc<MemoryStore>) {
    let left = Arc::new(store.after_crash());
    (Bench::on(Arc::clone(&left) as Arc<_>, worker).await, left)
}

async fn bench(worker: ScriptedWorker) -> (Bench, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    (Bench::on(Arc::clone(&store) as Arc<_>, worker).await, store)
}

#[tokio::test]
async fn an_open_activity_runs_again_with_the_same_key() {
    let (first, store) = bench(sequence()).await;
    first.start("sequence", "a", "2").await;
    first.worker.started().await.complete("1");
    let running = first.worker.started().await;
    let (second, _store) = after_crash(&store, sequence()).await;
    let again = second.worker.started().await;
    assert_eq!(again.key(), running.key());
    again.complete("2");
    second.completes("a", "2").await;
    assert_eq!(
        second.hub.stats().activities_started,
        1,
        "the first was done"
    );
}

#[tokio::test]
async fn a_commit_that_was_not_durable_never_happened() {
    let (first, store) = bench(sequence()).await;
    first.start("sequence", "a", "1").await;
    let faults = store.faults();
    faults.hold();
    first.worker.started().await.complete("lost");
    faults.commit_is_held().await;
    let (second, _store) = after_crash(&store, sequence()).await;
    assert_eq!(second.state("a").await.status, Status::Running);
    second.worker.started().await.complete("kept");
    second.completes("a", "1").await;
    let history = second.client.history(&id("a")).await.unwrap();
    assert_eq!(script::results(&history), ["kept"]);
}

#[tokio::test]
async fn what_waits_for_a_lock_gets_it_in_the_next_process() {
    let worker = || {
        ScriptedWorker::new()
            .activity("work")
            .entity("counter", true, |state, asked| {
                counter(state, &asked.operation, asked.input.as_deref())
            })
            .orchestrator("turn", |events| {
                let section = script::input(events);
                let mut actions = vec![lock(&section, &["@counter@a"])];
                if !script::replies(events).is_empty() {
                    actions.push(activity("work", &section));
                }
                if !script::results(events).is_empty() {
                    actions.push(unlock(&section, "@counter@a"));
                    actions.push(complete(&section));
                }
                actions
            })
    };
    let (first, store) = bench(worker()).await;
    for turn in ["t1", "t2", "t3"] {
        first.start("turn", turn, turn).await;
    }
    let (second, _store) = after_crash(&store, worker()).await;
    for turn in ["t1", "t2", "t3"] {
        let started = second.worker.started().await;
        assert_eq!(started.request.input.as_deref(), Some(turn));
        started.complete("1");
        second.completes(turn, turn).await;
    }
}

#[tokio::test]
async fn timers_fire_in_the_next_process() {
    let worker = || {
        ScriptedWorker::new().orchestrator("sleep", |events| {
            let at = Timestamp::parse("2026-01-01T01:00:00Z").unwrap();
            let mut actions = vec![script::timer(at)];
            if script::fired(events) == 1 {
                actions.push(complete("awake"));
            }
            actions
        })
    };
    let (first, store) = bench(worker()).await;
    first.start("sleep", "a", "").await;
    let (second, _store) = after_crash(&store, worker()).await;
    second.runtime.sleeping(1).await;
    second.runtime.advance(Duration::from_mins(59));
    assert_eq!(second.state("a").await.status, Status::Running);
    // The clock is looked at each minute, since it may jump.
    second.runtime.sleeping(1).await;
    second.runtime.advance(Duration::from_mins(1));
    second.completes("a", "awake").await;
}

#[tokio::test]
async fn a_message_that_waited_for_a_worker_is_taken_in() {
    let listen = || {
        ScriptedWorker::new().orchestrator("listen", |events| {
            let got = script::raised(events, "go");
            got.first().map(|got| complete(got)).into_iter().collect()
        })
    };
    // No code for it in the first process.
    let (first, store) = bench(ScriptedWorker::new()).await;
    first
        .client
        .start(StartRequest::new("listen", id("a")))
        .await
        .unwrap();
    first.raise("a", "go", "1").await;
    let state = first.state("a").await;
    assert!(state.parked);
    assert_eq!(state.status, Status::Pending);
    let (second, _store) = after_crash(&store, listen()).await;
    second.completes("a", "1").await;
    assert!(!second.state("a").await.parked);
}

#[tokio::test]
async fn entities_keep_their_state() {
    let worker = || {
        ScriptedWorker::new().entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
    };
    let entity = EntityId::new("counter", "a").unwrap();
    let five = || Some(String::from("5"));
    let (first, store) = bench(worker()).await;
    first
        .client
        .signal_entity(&entity, "add", five(), None)
        .await
        .unwrap();
    let (second, _store) = after_crash(&store, worker()).await;
    second
        .client
        .signal_entity(&entity, "add", five(), None)
        .await
        .unwrap();
    let got = second
        .client
        .get_entity(&entity, true)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(got.state.as_deref(), Some("10"));
}

#[tokio::test]
async fn a_suspended_instance_stays_suspended_and_keeps_its_events() {
    let listen = || {
        ScriptedWorker::new().orchestrator("listen", |events| {
            let got = script::raised(events, "go");
            if got.len() == 2 {
                vec![complete(&got.join(","))]
            } else {
                Vec::new()
            }
        })
    };
    let (first, store) = bench(listen()).await;
    first.start("listen", "a", "").await;
    first.client.suspend(&id("a"), None).await.unwrap();
    for input in ["1", "2"] {
        first.raise("a", "go", input).await;
    }
    let (second, _store) = after_crash(&store, listen()).await;
    assert_eq!(second.state("a").await.status, Status::Suspended);
    second.client.resume(&id("a"), None).await.unwrap();
    second.completes("a", "1,2").await;
}

#[tokio::test]
async fn recovery_reads_open_work_only() {
    let (first, store) = bench(sequence().echo()).await;
    for number in 0..200 {
        let name = format!("done{number}");
        first.start("sequence", &name, "1").await;
        first.completes(&name, "1").await;
    }
    let (second, _store) = after_crash(&store, sequence()).await;
    second.start("sequence", "new", "0").await;
    second.completes("new", "0").await;
    assert_eq!(second.hub.stats().instances_loaded, 1, "the new one");
}

#[tokio::test]
async fn finished_instances_leave_the_memory() {
    let (bench, _store) = bench(sequence().echo()).await;
    for number in 0..50 {
        let name = format!("done{number}");
        bench.start("sequence", &name, "2").await;
        bench.completes(&name, "2").await;
    }
    assert!(bench.hub.stats().instances_in_memory <= 1);
}
