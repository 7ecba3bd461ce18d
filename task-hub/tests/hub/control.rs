//! What clients do to instances, and what the hub refuses.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::{
    ClientError, EntityFilter, EntityId, Fetch, InstanceFilter, Runtime, StartRequest, Status,
    Timestamp, WaitFor,
};
use task_hub::store::memory::MemoryStore;
use task_hub::{Hub, HubLimits};

use crate::flow::{counter, sequence};
use crate::support::script::{self, activity, child, complete, lock};
use crate::support::{Bench, ScriptedWorker, TestRuntime, id};

fn listen() -> ScriptedWorker {
    ScriptedWorker::new().orchestrator("listen", |events| {
        let got = script::raised(events, "go");
        got.first().map(|got| complete(got)).into_iter().collect()
    })
}

#[tokio::test]
async fn an_id_is_taken_once() {
    let bench = Bench::memory(listen()).await;
    bench.start("listen", "a", "").await;
    let taken = ClientError::AlreadyExists { instance: id("a") };
    let request = StartRequest::new("listen", id("a"));
    assert_eq!(
        bench.client.start(request.clone()).await,
        Err(taken.clone())
    );
    bench.raise("a", "go", "1").await;
    bench.completes("a", "1").await;
    assert_eq!(bench.client.start(request.clone()).await, Err(taken));
    let replacing = StartRequest {
        replaceable: vec![Status::Completed],
        ..request
    };
    let execution = bench.client.start(replacing).await.unwrap();
    let state = bench.state("a").await;
    assert_eq!(state.execution_id, execution);
    assert_eq!(state.status, Status::Running);
    assert_eq!(state.output, None);
}

#[tokio::test]
async fn fifty_starts_of_one_id_start_it_once() {
    let bench = Bench::memory(listen()).await;
    let starts = (0..50).map(|_| bench.client.start(StartRequest::new("listen", id("a"))));
    let answers = futures_util::future::join_all(starts).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_running_instance_may_be_replaced() {
    let bench = Bench::memory(sequence()).await;
    bench.start("sequence", "a", "1").await;
    let old = bench.worker.started().await;
    let request = StartRequest {
        replaceable: vec![Status::Running],
        ..StartRequest::new("sequence", id("a")).input_json("1")
    };
    bench.client.start(request).await.unwrap();
    let new = bench.worker.started().await;
    assert_ne!(old.key(), new.key());
    assert!(old.cancelled.is_cancelled());
    old.complete("late");
    new.complete("1");
    bench.completes("a", "1").await;
    let history = bench.client.history(&id("a")).await.unwrap();
    assert_eq!(script::results(&history), ["1"]);
}

#[tokio::test]
async fn termination_ends_an_instance_and_cancels_its_activity() {
    let bench = Bench::memory(sequence()).await;
    bench.start("sequence", "a", "2").await;
    let running = bench.worker.started().await;
    let reason = Some(String::from("\"enough\""));
    bench
        .client
        .terminate(&id("a"), reason.clone(), false)
        .await
        .unwrap();
    let state = bench.ended("a").await;
    assert_eq!(state.status, Status::Terminated);
    assert_eq!(state.output, reason);
    assert!(running.cancelled.is_cancelled());
    running.complete("late");
    let again = bench.client.terminate(&id("a"), None, false).await;
    let status = Status::Terminated;
    let (instance, operation) = (id("a"), "terminated");
    assert_eq!(
        again,
        Err(ClientError::InvalidState {
            instance,
            operation,
            status
        })
    );
    let history = bench.client.history(&id("a")).await.unwrap();
    assert!(script::results(&history).is_empty());
    let ends = history
        .iter()
        .filter(|event| matches!(event.event_type, Some(EventType::ExecutionTerminated(_))));
    assert_eq!(ends.count(), 1);
}

#[tokio::test]
async fn recursive_termination_reaches_the_children_of_children() {
    let worker = ScriptedWorker::new()
        .orchestrator("top", |_| vec![child("mid", "mid", "")])
        .orchestrator("mid", |_| vec![child("low", "low", "")])
        .orchestrator("low", |_| Vec::new());
    let bench = Bench::memory(worker).await;
    bench.start("top", "top", "").await;
    bench
        .client
        .terminate(&id("top"), None, true)
        .await
        .unwrap();
    for instance in ["top", "mid", "low"] {
        assert_eq!(bench.ended(instance).await.status, Status::Terminated);
    }
    assert_eq!(bench.client.purge(&id("top"), true).await, Ok(3));
    for instance in ["top", "mid", "low"] {
        let state = bench.client.get(&id(instance), Fetch::Metadata).await;
        assert_eq!(state, Ok(None));
    }
}

#[tokio::test]
async fn the_end_of_an_instance_frees_its_locks_and_withdraws_its_requests() {
    let worker = ScriptedWorker::new()
        .activity("work")
        .entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .orchestrator("turn", |events| {
            let section = script::input(events);
            let mut actions = vec![lock(&section, &["@counter@a", "@counter@b"])];
            if !script::replies(events).is_empty() {
                actions.push(activity("work", &section));
            }
            actions
        });
    let bench = Bench::memory(worker).await;
    for turn in ["t1", "t2", "t3"] {
        bench.start("turn", turn, turn).await;
    }
    let _held = bench.worker.started().await;
    let commits = bench.commits();
    bench
        .client
        .terminate(&id("t2"), None, false)
        .await
        .unwrap();
    bench
        .client
        .terminate(&id("t1"), None, false)
        .await
        .unwrap();
    assert_eq!(
        bench.commits(),
        commits + 2,
        "one each, the next grant included"
    );
    let next = bench.worker.started().await;
    assert_eq!(next.request.input.as_deref(), Some("t3"));
    bench
        .client
        .terminate(&id("t3"), None, false)
        .await
        .unwrap();
    for key in ["a", "b"] {
        let entity = EntityId::new("counter", key).unwrap();
        assert_eq!(bench.client.get_entity(&entity, true).await, Ok(None));
    }
}

#[tokio::test]
async fn a_suspended_instance_waits() {
    let bench = Bench::memory(listen()).await;
    bench.start("listen", "a", "").await;
    let invalid = |operation, status| {
        let instance = id("a");
        Err(ClientError::InvalidState {
            instance,
            operation,
            status,
        })
    };
    let early = bench.client.resume(&id("a"), None).await;
    assert_eq!(early, invalid("resumed", Status::Running));
    bench.client.suspend(&id("a"), None).await.unwrap();
    let again = bench.client.suspend(&id("a"), None).await;
    assert_eq!(again, invalid("suspended", Status::Suspended));
    assert_eq!(bench.state("a").await.status, Status::Suspended);
    bench.raise("a", "go", "1").await;
    assert_eq!(bench.state("a").await.status, Status::Suspended);
    assert_eq!(bench.worker.requests().len(), 1);
    bench.client.resume(&id("a"), None).await.unwrap();
    bench.completes("a", "1").await;
    bench.start("listen", "b", "").await;
    bench.client.suspend(&id("b"), None).await.unwrap();
    bench.client.terminate(&id("b"), None, false).await.unwrap();
    assert_eq!(bench.ended("b").await.status, Status::Terminated);
}

#[tokio::test]
async fn an_unknown_instance_is_not_found() {
    let bench = Bench::memory(listen()).await;
    let unknown = id("nobody");
    let not_found = ClientError::NotFound {
        instance: unknown.clone(),
    };
    let client = &bench.client;
    let answers = [
        client.raise_event(&unknown, "go", None).await,
        client.terminate(&unknown, None, true).await,
        client.suspend(&unknown, None).await,
        client.resume(&unknown, None).await,
        client.purge(&unknown, false).await.map(drop),
        client.purge(&unknown, true).await.map(drop),
        client.history(&unknown).await.map(drop),
        client
            .wait(&unknown, WaitFor::Start, Duration::ZERO)
            .await
            .map(drop),
    ];
    for answer in answers {
        assert_eq!(answer, Err(not_found.clone()));
    }
    assert_eq!(bench.commits(), 0, "nothing was created");
    assert_eq!(bench.hub.stats().instances_in_memory, 0);
}

#[tokio::test]
async fn what_waits_is_remembered_up_to_a_limit_and_goes_on_from_its_row() {
    let bench = Bench::memory(listen()).await;
    for number in 0..3_000 {
        bench.start("listen", &format!("a{number}"), "").await;
    }
    assert_eq!(bench.hub.stats().instances_in_memory, 1_024);
    for name in ["a0", "a2999"] {
        bench.raise(name, "go", "1").await;
        bench.completes(name, "1").await;
    }
}

#[tokio::test]
async fn only_what_has_ended_is_purged() {
    let bench = Bench::memory(listen()).await;
    bench.start("listen", "a", "").await;
    let (instance, operation, status) = (id("a"), "purged", Status::Running);
    let refused = ClientError::InvalidState {
        instance,
        operation,
        status,
    };
    assert_eq!(bench.client.purge(&id("a"), false).await, Err(refused));
    bench.raise("a", "go", "1").await;
    assert_eq!(bench.client.purge(&id("a"), false).await, Ok(1));
    assert_eq!(bench.client.get(&id("a"), Fetch::Metadata).await, Ok(None));
    bench.start("listen", "a", "").await;
    assert_eq!(bench.state("a").await.status, Status::Running);
}

#[tokio::test]
async fn instances_are_purged_by_filter() {
    let bench = Bench::memory(sequence()).await;
    for number in 0..250 {
        bench.start("sequence", &format!("done{number}"), "0").await;
    }
    bench.start("sequence", "runs", "1").await;
    let filter = InstanceFilter {
        name: Some(String::from("sequence")),
        ..InstanceFilter::default()
    };
    let purged = bench
        .hub
        .purge(&filter, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!((purged.removed, purged.complete), (250, true));
    let left = bench
        .client
        .query(&filter, Fetch::Metadata, 10, None)
        .await
        .unwrap();
    assert_eq!(left.items.len(), 1);
}

#[tokio::test]
async fn a_wait_that_times_out_gives_the_state_as_it_is() {
    let bench = Bench::memory(listen()).await;
    bench.start("listen", "a", "").await;
    let waiting = tokio::spawn({
        let client = Arc::clone(&bench.client);
        async move {
            let timeout = Duration::from_secs(3);
            client.wait(&id("a"), WaitFor::Completion, timeout).await
        }
    });
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_secs(3));
    let state = waiting.await.unwrap().unwrap();
    assert_eq!(state.status, Status::Running);
}

#[tokio::test]
async fn a_scheduled_start_waits_for_its_time() {
    let bench = Bench::memory(sequence()).await;
    let at = bench.runtime.now().saturating_add(Duration::from_mins(1));
    let request = StartRequest {
        scheduled_at: Some(at),
        ..StartRequest::new("sequence", id("a")).input_json("0")
    };
    bench.client.start(request.clone()).await.unwrap();
    let state = bench.state("a").await;
    assert_eq!(
        (state.status, state.scheduled_at),
        (Status::Pending, Some(at))
    );
    let terminated = StartRequest {
        instance_id: id("b"),
        ..request
    };
    bench.client.start(terminated).await.unwrap();
    bench.client.terminate(&id("b"), None, false).await.unwrap();
    bench.runtime.advance(Duration::from_mins(1));
    bench.completes("a", "0").await;
    assert_eq!(bench.state("b").await.status, Status::Terminated);
}

#[tokio::test]
async fn a_delayed_signal_comes_at_its_time() {
    let worker = ScriptedWorker::new().entity("counter", true, |state, asked| {
        counter(state, &asked.operation, asked.input.as_deref())
    });
    let bench = Bench::memory(worker).await;
    let entity = EntityId::new("counter", "a").unwrap();
    let at: Timestamp = bench.runtime.now().saturating_add(Duration::from_mins(1));
    let signal = bench.client.signal_entity(&entity, "add", None, Some(at));
    signal.await.unwrap();
    assert_eq!(bench.client.get_entity(&entity, true).await, Ok(None));
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_mins(1));
    bench.start_and_forget().await;
    let got = bench
        .client
        .get_entity(&entity, true)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(got.state.as_deref(), Some("1"));
}

#[tokio::test]
async fn work_that_is_given_back_is_tried_again_later() {
    let bench = Bench::memory(sequence()).await;
    bench.worker.abandon(2);
    let start = tokio::spawn({
        let client = Arc::clone(&bench.client);
        async move {
            let request = StartRequest::new("sequence", id("a")).input_json("1");
            client.start(request).await
        }
    });
    start.await.unwrap().unwrap();
    for delay in [100, 200] {
        bench.runtime.sleeping(1).await;
        bench.runtime.advance(Duration::from_millis(delay));
    }
    let activity = bench.worker.started().await;
    bench.worker.abandon(1);
    drop(activity);
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_millis(100));
    // The retry itself is given back once.
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_millis(200));
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
}

#[tokio::test]
async fn the_newest_version_is_taken_unless_one_is_named() {
    let version = |version: &'static str| move |_: &[_]| vec![complete(version)];
    let worker = ScriptedWorker::new()
        .version("flow", "1.9", version("1.9"))
        .version("flow", "1.10", version("1.10"));
    let bench = Bench::memory(worker).await;
    bench.start("flow", "a", "").await;
    bench.completes("a", "1.10").await;
    assert_eq!(bench.state("a").await.version, "1.10");
    let named = StartRequest {
        version: Some(String::from("1.9")),
        ..StartRequest::new("flow", id("b"))
    };
    bench.client.start(named).await.unwrap();
    bench.completes("b", "1.9").await;
    let missing = StartRequest {
        version: Some(String::from("2.0")),
        ..StartRequest::new("flow", id("c"))
    };
    bench.client.start(missing).await.unwrap();
    let state = bench.state("c").await;
    assert!(state.parked);
    bench.client.terminate(&id("c"), None, false).await.unwrap();
    assert!(!bench.state("c").await.parked);
}

#[tokio::test]
async fn limits_are_errors_with_their_names() {
    let runtime = TestRuntime::new();
    let mut limits = HubLimits::default();
    limits.messages_per_instance_max = 3;
    limits.input_bytes_max = 10;
    limits.tags_bytes_max = 4;
    limits.engine.history_events_max = 20;
    let store = Arc::new(MemoryStore::new());
    let hub = Hub::with_store(store, limits, Arc::clone(&runtime) as Arc<dyn Runtime>)
        .await
        .unwrap();
    let client = hub.client();
    let request = StartRequest::new("chat", id("a"));
    let tags = [(String::from("tag"), String::from("value"))].into();
    let tagged = StartRequest {
        tags,
        ..request.clone()
    };
    let too_large = client.start(tagged).await.unwrap_err().to_string();
    assert!(too_large.contains("tags_bytes_max"), "{too_large}");
    let long = request.clone().input_json("12345678901");
    let too_large = client.start(long).await.unwrap_err().to_string();
    assert!(too_large.contains("input_bytes_max"), "{too_large}");
    client.start(request).await.unwrap();
    for _ in 0..2 {
        client.raise_event(&id("a"), "go", None).await.unwrap();
    }
    let limit = ClientError::Limit {
        limit: "messages_per_instance_max",
        value: 3,
    };
    let refused = client.raise_event(&id("a"), "go", None).await;
    assert_eq!(refused, Err(limit));
    let worker = ScriptedWorker::new().orchestrator("chat", |_| Vec::new());
    let worker = Arc::new(worker);
    hub.attach(worker).unwrap();
    let waited = client
        .wait(&id("a"), WaitFor::Start, Duration::from_secs(1))
        .await;
    assert_eq!(waited.unwrap().status, Status::Running);
    for _ in 0..20 {
        client.raise_event(&id("a"), "go", None).await.unwrap();
    }
    let state = client
        .get(&id("a"), Fetch::Payloads)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(state.status, Status::Failed);
    let failure = state.failure.unwrap();
    assert_eq!(failure.error_type, "HistoryTooLarge");
    assert!(failure.message.contains("continue_as_new"), "{failure}");
}

#[tokio::test]
async fn a_purge_of_an_entity_removes_its_state() {
    let worker = ScriptedWorker::new().entity("counter", true, |state, asked| {
        counter(state, &asked.operation, asked.input.as_deref())
    });
    let bench = Bench::memory(worker).await;
    let entity = EntityId::new("counter", "a").unwrap();
    bench
        .client
        .signal_entity(&entity, "add", None, None)
        .await
        .unwrap();
    let page = bench
        .client
        .query_entities(&named("@Counter@"), true, 10, None)
        .await
        .unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(
        bench.client.purge(&entity.to_instance_id(), false).await,
        Ok(1)
    );
    assert_eq!(bench.client.get_entity(&entity, true).await, Ok(None));
}

#[tokio::test]
async fn a_worker_gets_no_more_than_it_takes() {
    let worker = sequence()
        .at_once(2, 1, 1)
        .entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        });
    let bench = Arc::new(Bench::memory(worker).await);
    bench.worker.hold();
    let starts: Vec<_> = (0..5)
        .map(|number| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move {
                let entity = EntityId::new("counter", number.to_string()).unwrap();
                bench.start("sequence", &format!("a{number}"), "0").await;
                let add = bench.client.signal_entity(&entity, "add", None, None);
                add.await.unwrap();
            })
        })
        .collect();
    // Two episodes; what was started is durable after 2 ms, and one operation comes on top.
    bench.worker.held(2).await;
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_millis(2));
    bench.worker.held(3).await;
    bench.start_and_forget().await;
    assert_eq!(bench.worker.held_count(), 3);
    bench.worker.release();
    for number in 0..5 {
        bench.completes(&format!("a{number}"), "0").await;
    }
    for start in starts {
        start.await.unwrap();
    }
    let page = bench
        .client
        .query_entities(&named("@counter@"), true, 10, None)
        .await;
    assert_eq!(page.unwrap().items.len(), 5);
}

fn named(prefix: &str) -> EntityFilter {
    EntityFilter {
        id_prefix: Some(prefix.to_owned()),
        ..EntityFilter::default()
    }
}
