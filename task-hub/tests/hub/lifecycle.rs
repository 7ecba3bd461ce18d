//! What can be done to an instance in each of its states, and what a new generation takes along.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    CompleteOrchestrationAction, HistoryEvent, OrchestrationStatus, TerminateOrchestrationAction,
};
use durable_task::{Client, ClientError, Fetch, Runtime, StartRequest, Status};
use task_hub::store::Store;
use task_hub::store::memory::MemoryStore;
use task_hub::{Hub, HubLimits};

use crate::support::script::{self, child, complete, event};
use crate::support::{Bench, ScriptedWorker, TestRuntime, id};

fn echo() -> ScriptedWorker {
    ScriptedWorker::new().orchestrator("echo", |events| vec![complete(&script::input(events))])
}

async fn without_worker(store: &Arc<MemoryStore>) -> (Hub, Arc<TestRuntime>) {
    let runtime = TestRuntime::new();
    let store = Arc::clone(store) as Arc<dyn Store>;
    let hub = Hub::with_store(store, HubLimits::default(), Arc::clone(&runtime) as Arc<_>);
    (hub.await.unwrap(), runtime)
}

async fn status(client: &Arc<dyn Client>, instance: &str) -> Status {
    let state = client.get(&id(instance), Fetch::Metadata).await;
    state.unwrap().unwrap().status
}

#[tokio::test]
async fn an_instance_that_has_not_begun_can_be_ended_and_held_back() {
    let store = Arc::new(MemoryStore::new());
    let (hub, runtime) = without_worker(&store).await;
    let client = hub.client();
    let due = runtime.now().saturating_add(Duration::from_mins(5));
    for instance in ["ended", "held", "let-go", "scheduled", "later"] {
        let scheduled = ["scheduled", "later"].contains(&instance);
        let request = StartRequest {
            scheduled_at: scheduled.then_some(due),
            ..StartRequest::new("echo", id(instance)).input_json("1")
        };
        client.start(request).await.unwrap();
        assert_eq!(status(&client, instance).await, Status::Pending);
    }
    let reason = Some(String::from("\"why\""));
    for instance in ["ended", "scheduled"] {
        let instance = id(instance);
        let asked = client.terminate(&instance, reason.clone(), false);
        asked.await.unwrap();
        let state = client.get(&instance, Fetch::Payloads).await;
        let state = state.unwrap().unwrap();
        assert_eq!(state.status, Status::Terminated);
        assert_eq!(
            (state.output, state.input.as_deref()),
            (reason.clone(), Some("1"))
        );
    }
    for instance in ["held", "let-go"] {
        client.suspend(&id(instance), None).await.unwrap();
        assert_eq!(status(&client, instance).await, Status::Suspended);
    }
    client.resume(&id("let-go"), None).await.unwrap();
    assert_eq!(status(&client, "let-go").await, Status::Pending);
    drop(hub);

    // All of it is durable, also what is due later.
    let next = Arc::new(store.after_crash());
    let bench = Bench::on(next as Arc<dyn Store>, echo()).await;
    bench.completes("let-go", "1").await;
    assert_eq!(bench.state("held").await.status, Status::Suspended);
    bench.client.resume(&id("held"), None).await.unwrap();
    bench.completes("held", "1").await;
    assert_eq!(bench.state("later").await.status, Status::Pending);
    bench.runtime.advance(Duration::from_mins(5));
    bench.completes("later", "1").await;
    for instance in ["ended", "scheduled"] {
        assert_eq!(bench.state(instance).await.status, Status::Terminated);
    }
}

#[tokio::test]
async fn what_is_held_back_can_be_ended_with_its_children() {
    let worker = ScriptedWorker::new()
        .orchestrator("top", |_| vec![child("low", "low", "")])
        .orchestrator("low", |_| Vec::new());
    let bench = Bench::memory(worker).await;
    bench.start("top", "top", "").await;
    bench.client.suspend(&id("low"), None).await.unwrap();
    bench.client.suspend(&id("top"), None).await.unwrap();
    bench
        .client
        .terminate(&id("top"), None, true)
        .await
        .unwrap();
    for instance in ["top", "low"] {
        assert_eq!(bench.ended(instance).await.status, Status::Terminated);
    }
}

#[tokio::test]
async fn an_orchestration_ends_another() {
    let worker = ScriptedWorker::new()
        .orchestrator("listen", |_| Vec::new())
        .orchestrator("end", |_| {
            let terminate = TerminateOrchestrationAction {
                instance_id: String::from("a"),
                reason: Some(String::from("\"by another\"")),
                recurse: false,
            };
            vec![Action::TerminateOrchestration(terminate), complete("1")]
        });
    let bench = Bench::memory(worker).await;
    bench.start("listen", "a", "").await;
    bench.start("end", "b", "").await;
    bench.completes("b", "1").await;
    let ended = bench.ended("a").await;
    assert_eq!(ended.status, Status::Terminated);
    assert_eq!(ended.output.as_deref(), Some("\"by another\""));
}

#[tokio::test]
async fn a_generation_sends_itself_events_and_chooses_version_and_tags_of_the_next() {
    let started = |events: &[HistoryEvent]| {
        events
            .iter()
            .find_map(|event| match &event.event_type {
                Some(EventType::ExecutionStarted(start)) => Some(start.clone()),
                _ => None,
            })
            .unwrap()
    };
    let first = |_: &[HistoryEvent]| {
        let carried = HistoryEvent {
            event_type: Some(EventType::EventRaised(
                durable_task::wire::proto::EventRaisedEvent {
                    name: String::from("go"),
                    input: Some(String::from("carried")),
                },
            )),
            ..HistoryEvent::default()
        };
        vec![
            event("a", "go", "sent"),
            Action::CompleteOrchestration(CompleteOrchestrationAction {
                orchestration_status: OrchestrationStatus::ContinuedAsNew.into(),
                result: Some(String::from("next")),
                new_version: Some(String::from("2.0")),
                carryover_events: vec![carried],
                tags: [(String::from("turn"), String::from("2"))].into(),
                ..CompleteOrchestrationAction::default()
            }),
        ]
    };
    let second = move |events: &[HistoryEvent]| {
        let got = script::raised(events, "go");
        let turn = started(events).tags.get("turn").cloned();
        let said = format!("{} {turn:?}", got.join(","));
        (got.len() == 2)
            .then(|| complete(&said))
            .into_iter()
            .collect()
    };
    let worker = ScriptedWorker::new()
        .cold()
        .version("loop", "1.0", first)
        .version("loop", "2.0", second);
    let bench = Bench::memory(worker).await;
    let request = StartRequest {
        version: Some(String::from("1.0")),
        ..StartRequest::new("loop", id("a"))
    };
    bench.client.start(request).await.unwrap();
    bench.completes("a", "carried,sent Some(\"2\")").await;
    let state = bench.state("a").await;
    assert_eq!(
        (state.version.as_str(), state.input.as_deref()),
        ("2.0", Some("next"))
    );
    assert_eq!(state.tags["turn"], "2");
}

#[tokio::test]
async fn a_family_is_purged_as_a_whole_or_not_at_all() {
    let worker = ScriptedWorker::new()
        .orchestrator("top", |_| {
            vec![
                child("done", "ok", "1"),
                child("low", "low", ""),
                complete("1"),
            ]
        })
        .orchestrator("ok", |events| vec![complete(&script::input(events))])
        .orchestrator("low", |_| Vec::new());
    let bench = Bench::memory(worker).await;
    bench.start("top", "top", "").await;
    bench.completes("top", "1").await;
    bench.completes("done", "1").await;
    let (instance, operation, status) = (id("low"), "purged", Status::Running);
    let refused = ClientError::InvalidState {
        instance,
        operation,
        status,
    };
    assert_eq!(bench.client.purge(&id("top"), true).await, Err(refused));
    for instance in ["top", "done", "low"] {
        bench.state(instance).await;
    }
    bench
        .client
        .terminate(&id("low"), None, false)
        .await
        .unwrap();
    assert_eq!(bench.client.purge(&id("top"), true).await, Ok(3));
}
