//! Ended instances go when their time is over; a hub can be made empty.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    ClientError, EntityFilter, EntityId, Fetch, InstanceFilter, Runtime, Status, WaitFor,
};
use task_hub::store::Store;
use task_hub::store::memory::{Fault, MemoryStore};
use task_hub::{HubOptions, RetentionPolicy};

use crate::flow::{counter, sequence};
use crate::support::script::{self, complete, fail};
use crate::support::{Bench, ScriptedWorker, id};

const HOUR: Duration = Duration::from_hours(1);

fn worker() -> ScriptedWorker {
    ScriptedWorker::new()
        .orchestrator("ok", |_| vec![complete("1")])
        .orchestrator("agent", |_| vec![complete("1")])
        .orchestrator("bad", |_| vec![fail("no")])
        .orchestrator("listen", |_| Vec::new())
}

async fn left(bench: &Bench) -> Vec<String> {
    let all = InstanceFilter::default();
    let page = bench.client.query(&all, Fetch::Metadata, 1_000, None).await;
    let ids = page.unwrap().items.into_iter();
    ids.map(|state| state.instance_id.to_string()).collect()
}

/// Moves the clock, and waits until so many are left.
async fn after(bench: &Bench, time: Duration, count: usize) -> Vec<String> {
    bench.runtime.advance(time);
    let mut found = left(bench).await;
    for _ in 0..100_000 {
        if found.len() == count {
            break;
        }
        tokio::task::yield_now().await;
        found = left(bench).await;
    }
    found
}

#[tokio::test]
async fn instances_go_when_their_time_is_over() {
    let policy = RetentionPolicy::new()
        .completed_after(HOUR)
        .after(Status::Failed, 5 * HOUR)
        .named("agent", Some(3 * HOUR));
    let bench = Bench::open(HubOptions::memory().retention(policy), worker()).await;
    for (name, instance) in [
        ("ok", "a"),
        ("bad", "b"),
        ("agent", "c"),
        ("listen", "d"),
        ("listen", "e"),
    ] {
        bench.start(name, instance, "").await;
    }
    bench.client.terminate(&id("e"), None, false).await.unwrap();
    bench.runtime.sleeping(1).await;
    assert_eq!(after(&bench, HOUR / 2, 5).await.len(), 5);
    assert_eq!(after(&bench, HOUR / 2, 4).await, ["b", "c", "d", "e"]);
    assert_eq!(after(&bench, HOUR, 4).await.len(), 4);
    bench.start("ok", "f", "").await;
    assert_eq!(after(&bench, HOUR, 3).await, ["b", "d", "e"]);
    // One with no rule is kept, and so is one that runs.
    assert_eq!(after(&bench, 10 * HOUR, 2).await, ["d", "e"]);
    let metadata = bench.client.get(&id("b"), Fetch::Metadata).await;
    assert_eq!(metadata, Ok(None));
}

#[tokio::test]
async fn what_ends_after_the_clock_went_back_goes_as_well() {
    let policy = RetentionPolicy::new().completed_after(HOUR);
    let bench = Bench::open(HubOptions::memory().retention(policy), worker()).await;
    bench.start("ok", "a", "").await;
    bench.completes("a", "1").await;
    bench.runtime.sleeping(1).await;
    assert!(after(&bench, HOUR, 0).await.is_empty());
    bench.runtime.sleeping(1).await;
    // By its time it ends before the place up to which all has been looked at.
    bench.runtime.set_back(5 * HOUR);
    bench.start("ok", "b", "").await;
    bench.completes("b", "1").await;
    assert_eq!(after(&bench, HOUR / 2, 1).await, ["b"]);
    assert!(after(&bench, HOUR / 2, 0).await.is_empty());
}

#[tokio::test]
async fn many_go_in_steps_and_again_after_the_store_has_failed() {
    let store = Arc::new(MemoryStore::new());
    let bench = Bench::on(Arc::clone(&store) as Arc<dyn Store>, worker()).await;
    for number in 0..250 {
        bench.start("ok", &format!("a{number:03}"), "").await;
        bench.completes(&format!("a{number:03}"), "1").await;
    }
    bench.start("listen", "z", "").await;
    store.faults().fail([Fault::Refused]);
    bench.hub.retain(RetentionPolicy::new().all_after(HOUR));
    let before = bench.commits();
    // The first attempt fails; the next one is a minute later.
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(HOUR);
    for _ in 0..20 {
        bench.runtime.sleeping(1).await;
        if after(&bench, Duration::from_mins(1), 1).await == ["z"] {
            break;
        }
    }
    assert_eq!(left(&bench).await, ["z"]);
    let commits = bench.commits() - before;
    assert!((3..=12).contains(&commits), "in steps of 100: {commits}");
}

#[tokio::test]
async fn a_policy_keeps_no_hub_alive() {
    let policy = RetentionPolicy::new().all_after(HOUR);
    let options = HubOptions::memory().retention(policy);
    let Bench {
        hub,
        client,
        worker,
        runtime,
        ..
    } = Bench::open(options, worker()).await;
    let shared = hub.stats();
    assert_eq!(shared.commits, 0);
    hub.shutdown(Duration::ZERO).await;
    drop((hub, client, worker));
    // Nobody but the test has the clock once the sweep has ended.
    for _ in 0..100_000 {
        if Arc::strong_count(&runtime) == 1 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the sweep goes on");
}

#[tokio::test]
async fn a_hub_that_is_cleared_is_empty_and_goes_on() {
    for in_file in [false, true] {
        let worker = sequence()
            .entity("counter", true, |state, asked| {
                counter(state, &asked.operation, asked.input.as_deref())
            })
            .orchestrator("listen", |events| {
                let got = script::raised(events, "go");
                got.first().map(|got| complete(got)).into_iter().collect()
            });
        let (bench, _folder) = if in_file {
            let (bench, folder) = Bench::file(worker).await;
            (bench, Some(folder))
        } else {
            (Bench::memory(worker).await, None)
        };
        let client = &bench.client;
        let entity = EntityId::new("counter", "a").unwrap();
        client
            .signal_entity(&entity, "add", None, None)
            .await
            .unwrap();
        let later = bench.runtime.now().saturating_add(HOUR);
        let delayed = client.signal_entity(&entity, "add", None, Some(later));
        delayed.await.unwrap();
        bench.start("listen", "a", "").await;
        bench.start("sequence", "b", "1").await;
        let running = bench.worker.started().await;
        let waiting = tokio::spawn({
            let client = Arc::clone(client);
            async move { client.wait(&id("a"), WaitFor::Completion, HOUR).await }
        });
        tokio::task::yield_now().await;

        bench.hub.clear().await.unwrap();
        assert!(left(&bench).await.is_empty());
        let all = EntityFilter {
            include_transient: true,
            ..EntityFilter::default()
        };
        let entities = client.query_entities(&all, false, 10, None).await.unwrap();
        assert_eq!(entities.items, []);
        let instance = id("a");
        assert_eq!(
            waiting.await.unwrap(),
            Err(ClientError::NotFound { instance })
        );
        assert!(running.cancelled.is_cancelled());
        // The same ids begin anew, and late results meet nothing.
        bench.start("sequence", "b", "1").await;
        let again = bench.worker.started().await;
        running.complete("late");
        bench.start_and_forget().await;
        assert_eq!(bench.state("b").await.status, Status::Running);
        again.complete("1");
        bench.completes("b", "1").await;
        bench.runtime.advance(2 * HOUR);
        bench.start_and_forget().await;
        assert_eq!(client.get_entity(&entity, true).await, Ok(None));
        bench.hub.clear().await.unwrap();
        assert!(left(&bench).await.is_empty());
    }
}

#[tokio::test]
async fn clearing_a_hub_whose_store_fails_is_refused_and_loses_nothing() {
    let store = Arc::new(MemoryStore::new());
    let bench = Bench::on(Arc::clone(&store) as Arc<dyn Store>, worker()).await;
    bench.start("ok", "a", "").await;
    bench.completes("a", "1").await;
    store.faults().fail([Fault::Refused]);
    let refused = bench.hub.clear().await.unwrap_err();
    assert!(refused.is_retryable(), "{refused}");
    assert_eq!(left(&bench).await, ["a"]);
    bench.hub.shutdown(Duration::ZERO).await;
    let closed = bench.hub.clear().await.unwrap_err();
    assert!(closed.to_string().contains("shut down"), "{closed}");
}
