//! What clients ask for that is rare: restarts, entities by events, cleaning, parts of histories.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    ClientError, EntityCleaning, EntityId, ExecutionId, Runtime as _, StartRequest, Status, WaitFor,
};
use serde_json::json;
use task_hub::store::memory::MemoryStore;
use task_hub::store::{Commit, EntityLock, EntityWrite, StateChange, Store as _};

use crate::flow::counter;
use crate::support::script::{self, complete, event};
use crate::support::{Bench, ScriptedWorker, id};

fn listen() -> ScriptedWorker {
    let script = |events: &[_]| {
        let got = script::raised(events, "go");
        got.first().map(|got| complete(got)).into_iter().collect()
    };
    ScriptedWorker::new()
        .version("listen", "1.0", script)
        .version("listen", "2.0", script)
}

#[tokio::test]
async fn restart_starts_again_from_the_input_under_the_same_or_a_new_id() {
    let bench = Bench::memory(listen()).await;
    let client = &bench.client;
    let request = StartRequest {
        version: Some(String::from("1.0")),
        tags: [(String::from("team"), String::from("north"))].into(),
        ..StartRequest::new("listen", id("a")).input_json("5")
    };
    let first = client.start(request).await.unwrap();
    let running = client.restart(&id("a"), false).await;
    let (instance, operation, status) = (id("a"), "restarted", Status::Running);
    client
        .wait(&id("a"), WaitFor::Start, Duration::from_secs(1))
        .await
        .unwrap();
    let refused = ClientError::InvalidState {
        instance,
        operation,
        status,
    };
    assert!(matches!(running, Err(ClientError::InvalidState { .. })));
    assert_eq!(client.restart(&id("a"), false).await, Err(refused));
    bench.raise("a", "go", "1").await;
    bench.completes("a", "1").await;

    assert_eq!(client.restart(&id("a"), false).await, Ok(id("a")));
    client
        .wait(&id("a"), WaitFor::Start, Duration::from_secs(1))
        .await
        .unwrap();
    let again = bench.state("a").await;
    assert_ne!(again.execution_id, first);
    assert_eq!((again.input.as_deref(), again.output), (Some("5"), None));
    assert_eq!(again.version, "1.0", "the start had chosen it");
    assert_eq!(again.tags.get("team").map(String::as_str), Some("north"));

    let other = client.restart(&id("a"), true).await.unwrap();
    assert_ne!(other, id("a"));
    bench.raise(other.as_str(), "go", "2").await;
    bench.completes(other.as_str(), "2").await;
    let unknown = client.restart(&id("nobody"), true).await;
    let instance = id("nobody");
    assert_eq!(unknown, Err(ClientError::NotFound { instance }));
}

#[tokio::test]
async fn restart_takes_the_newest_version_if_the_start_named_none() {
    let store = Arc::new(MemoryStore::new());
    let old = ScriptedWorker::new().version("listen", "1.0", |_| vec![complete("1")]);
    let bench = Bench::on(Arc::clone(&store) as Arc<_>, old).await;
    bench.start("listen", "a", "5").await;
    bench.completes("a", "1").await;
    assert_eq!(bench.state("a").await.version, "1.0");
    bench.hub.shutdown(Duration::ZERO).await;
    let bench = Bench::on(store, listen()).await;
    bench.client.restart(&id("a"), false).await.unwrap();
    bench.raise("a", "go", "1").await;
    bench.completes("a", "1").await;
    assert_eq!(bench.state("a").await.version, "2.0");
}

#[tokio::test]
async fn an_execution_id_that_is_given_is_used_once() {
    let bench = Bench::memory(listen()).await;
    let request = StartRequest {
        execution_id: Some(ExecutionId::new("mine")),
        replaceable: vec![Status::Pending, Status::Running],
        ..StartRequest::new("listen", id("a"))
    };
    let execution = bench.client.start(request.clone()).await.unwrap();
    assert_eq!(execution.as_str(), "mine");
    let again = bench.client.start(request).await.unwrap_err();
    assert!(matches!(
        again,
        ClientError::Invalid {
            field: "execution_id",
            ..
        }
    ));
    assert_eq!(bench.state("a").await.execution_id.as_str(), "mine");
}

fn counters() -> ScriptedWorker {
    ScriptedWorker::new().entity("counter", true, |state, asked| {
        counter(state, &asked.operation, asked.input.as_deref())
    })
}

#[tokio::test]
async fn an_entity_takes_events_of_orchestrations_and_clients() {
    let worker = counters().orchestrator("call", |events| {
        let request = json!({"op": "add", "input": "5", "id": "request-1"});
        let mut actions = vec![event("@counter@a", "op", &request.to_string())];
        let reply = script::raised(events, "request-1");
        actions.extend(reply.first().map(|reply| complete(reply)));
        actions
    });
    let bench = Bench::memory(worker).await;
    bench.start("call", "a", "").await;
    let ended = bench.ended("a").await;
    assert!(ended.output.unwrap().starts_with("{\"result\":"));
    let entity = EntityId::new("counter", "a").unwrap();
    let target = entity.to_instance_id();
    let state = || async {
        let found = bench.client.get_entity(&entity, true).await.unwrap();
        found.and_then(|found| found.state)
    };
    let before = state().await;
    let signal = |due: Option<String>| {
        let request = json!({"op": "add", "signal": true, "id": "1", "due": due});
        bench
            .client
            .raise_event(&target, "op", Some(request.to_string()))
    };
    signal(None).await.unwrap();
    assert_ne!(state().await, before);
    let before = state().await;
    let due = bench.runtime.now().saturating_add(Duration::from_mins(1));
    signal(Some(due.to_round_trip())).await.unwrap();
    assert_eq!(state().await, before);
    bench.runtime.advance(Duration::from_mins(1));
    for _ in 0..1_000 {
        bench.start_and_forget().await;
    }
    assert_ne!(state().await, before);
    for (name, input) in [
        ("go", "1"),
        ("op", "1"),
        ("op", r#"{"op":null,"id":"1","lockset":[]}"#),
    ] {
        let refused = bench
            .client
            .raise_event(&target, name, Some(input.to_owned()));
        let refused = refused.await.unwrap_err();
        assert!(
            matches!(refused, ClientError::Invalid { field: "event", .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn cleaning_releases_locks_of_those_that_are_gone() {
    let worker =
        counters().orchestrator("hold", |_| vec![script::lock("held", &["@counter@held"])]);
    let store = Arc::new(MemoryStore::new());
    for key in ["gone", "wrong"] {
        let write = EntityWrite {
            id: id_of(key),
            state: StateChange::Keep,
            exists: false,
            lock: Some(EntityLock {
                holder: id(if key == "gone" { "nobody" } else { "holder" }),
                section: format!("section of {key}"),
            }),
            modified_at: durable_task::Timestamp::EPOCH,
        };
        let commit = Commit {
            entities: vec![write],
            ..Commit::default()
        };
        store.commit(commit).await.unwrap();
    }
    let bench = Bench::on(store, worker).await;
    bench.start("hold", "holder", "").await;
    let cleaning = EntityCleaning {
        remove_empty: true,
        release_orphaned_locks: true,
    };
    let cleaned = bench.client.clean_entities(cleaning, None).await.unwrap();
    assert_eq!(
        (cleaned.released, cleaned.removed, cleaned.next),
        (2, 0, None)
    );
    for (key, locked) in [("gone", false), ("wrong", false), ("held", true)] {
        let entity = EntityId::new("counter", key).unwrap();
        let found = bench.client.get_entity(&entity, false).await.unwrap();
        let holder = found.and_then(|found| found.locked_by);
        assert_eq!(holder, locked.then(|| id("holder")), "{key}");
    }
    let again = bench.client.clean_entities(cleaning, None).await.unwrap();
    assert_eq!(again.released, 0);
    let foreign = bench.client.clean_entities(cleaning, Some("x")).await;
    assert!(matches!(
        foreign,
        Err(ClientError::Invalid { field: "token", .. })
    ));
}

fn id_of(key: &str) -> durable_task::InstanceId {
    EntityId::new("counter", key).unwrap().to_instance_id()
}

#[tokio::test]
async fn a_part_of_a_history_belongs_to_one_execution() {
    let bench = Bench::memory(listen()).await;
    bench.start("listen", "a", "").await;
    bench.raise("a", "go", "1").await;
    bench.completes("a", "1").await;
    let client = &bench.client;
    let whole = client.history(&id("a")).await.unwrap();
    let execution = bench.state("a").await.execution_id;
    for asked in [None, Some(&execution)] {
        let (mut events, mut from) = (Vec::new(), None);
        loop {
            let part = client.history_part(&id("a"), asked, from).await.unwrap();
            events.extend(part.events);
            from = part.next;
            if from.is_none() {
                let later = client.history_part(&id("a"), asked, Some(part.end)).await;
                assert_eq!(later.unwrap().events, [], "nothing was added");
                break;
            }
        }
        assert_eq!(events, whole);
    }
    let other = ExecutionId::new("other");
    for (instance, execution) in [("a", Some(&other)), ("nobody", None)] {
        let part = client.history_part(&id(instance), execution, None).await;
        let instance = id(instance);
        assert_eq!(part, Err(ClientError::NotFound { instance }));
    }
}
