//! What one bad row, one panic or one unlucky order of events must not do to the rest of a hub.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use durable_task::wire::proto::HistoryEvent;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::{
    Accepts, ClientError, EntityFilter, EntityId, EntityMetadata, ExecutionId, Fetch,
    InstanceFilter, InstanceId, InstanceState, NameAndVersion, Page, StartRequest, Status,
    Timestamp, WaitFor, WorkHandler, WorkItem, WorkerProfile,
};
use task_hub::store::memory::{Fault, MemoryStore};
use task_hub::store::{
    Capabilities, Commit, EndedRow, HistoryPage, Loaded, Opened, Store, StoreError, StreamChunk,
    TaskRow, TimerRow,
};
use task_hub::{Hub, HubHealth, HubLimits};
use tokio::sync::Notify;

use crate::support::script::{self, activity, complete};
use crate::support::{Bench, Done, ScriptedWorker, TestRuntime, id};

/// A read of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Load,
    History,
    Activities,
    Timers,
}

/// A memory store with reads that wait, or find damage.
#[derive(Default)]
struct Troubled {
    inner: MemoryStore,
    /// Whether reads of histories, once made, are kept back.
    held: AtomicBool,
    waiting: Notify,
    go: Notify,
    /// What can't be read; of instances only those whose id begins with `bad`.
    damaged: Mutex<Vec<Reading>>,
    /// The task or timer that can't be read.
    damaged_row: Option<u64>,
    panics: AtomicBool,
    closed: AtomicBool,
}

impl Troubled {
    fn damage(&self, reading: Reading) {
        self.damaged.lock().unwrap().push(reading);
    }

    fn check(&self, reading: Reading, id: Option<&InstanceId>) -> Result<(), StoreError> {
        let bad = id.is_none_or(|id| id.as_str().starts_with("bad"));
        if bad && self.damaged.lock().unwrap().contains(&reading) {
            return Err(damage());
        }
        Ok(())
    }

    fn check_rows<T>(&self, rows: Vec<T>, id: fn(&T) -> u64) -> Result<Vec<T>, StoreError> {
        let bad = rows.iter().any(|row| Some(id(row)) == self.damaged_row);
        if bad { Err(damage()) } else { Ok(rows) }
    }
}

fn damage() -> StoreError {
    StoreError::Corrupt {
        operation: "read",
        what: String::from("injected damage"),
    }
}

#[async_trait]
impl Store for Troubled {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn open(&self) -> Result<Opened, StoreError> {
        self.inner.open().await
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        assert!(!self.panics.load(Ordering::SeqCst), "injected panic");
        self.inner.commit(commit).await
    }

    async fn load(&self, id: &InstanceId) -> Result<Loaded, StoreError> {
        self.check(Reading::Load, Some(id))?;
        self.inner.load(id).await
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: Option<&ExecutionId>,
        from: u64,
        bytes_max: usize,
    ) -> Result<HistoryPage, StoreError> {
        self.check(Reading::History, Some(id))?;
        let page = self.inner.history(id, execution, from, bytes_max).await;
        if self.held.load(Ordering::SeqCst) {
            self.waiting.notify_one();
            self.go.notified().await;
        }
        page
    }

    async fn instance(
        &self,
        id: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, StoreError> {
        self.inner.instance(id, fetch).await
    }

    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, StoreError> {
        self.inner.query(filter, fetch, page_size, token).await
    }

    async fn ended(
        &self,
        after: Option<(Timestamp, InstanceId)>,
        limit: usize,
    ) -> Result<Vec<EndedRow>, StoreError> {
        self.inner.ended(after, limit).await
    }

    async fn children(&self, id: &InstanceId) -> Result<Vec<InstanceId>, StoreError> {
        self.inner.children(id).await
    }

    async fn entity(
        &self,
        id: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, StoreError> {
        self.inner.entity(id, include_state).await
    }

    async fn entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError> {
        let listed = self.inner.entities(filter, include_state, page_size, token);
        listed.await
    }

    async fn message_targets(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        self.inner.message_targets(after, limit).await
    }

    async fn open_activities(&self, after: u64, limit: usize) -> Result<Vec<TaskRow>, StoreError> {
        self.check(Reading::Activities, None)?;
        let tasks = self.inner.open_activities(after, limit).await?;
        self.check_rows(tasks, |task| task.id)
    }

    async fn timers(
        &self,
        after: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Result<Vec<TimerRow>, StoreError> {
        self.check(Reading::Timers, None)?;
        let timers = self.inner.timers(after, limit).await?;
        self.check_rows(timers, |timer| timer.id)
    }

    async fn parked(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, StoreError> {
        self.inner.parked(after, limit).await
    }

    async fn stream_chunks(
        &self,
        id: &InstanceId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamChunk>, StoreError> {
        self.inner.stream_chunks(id, from, limit).await
    }

    async fn clear(&self) -> Result<(), StoreError> {
        self.inner.clear().await
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.inner.close().await;
    }
}

fn troubled() -> Arc<Troubled> {
    Arc::new(Troubled::default())
}

async fn bench(store: &Arc<Troubled>, worker: ScriptedWorker) -> Bench {
    Bench::on(Arc::clone(store) as Arc<_>, worker).await
}

/// Lets the tasks of this test run, on one thread, until none has anything to do.
async fn turns() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// The same, with commits that are overdue.
async fn turns_and_commits(runtime: &TestRuntime) {
    for _ in 0..4 {
        turns().await;
        runtime.advance(Duration::from_millis(5));
    }
    turns().await;
}

fn goes(events: &[HistoryEvent]) -> Vec<Action> {
    match script::raised(events, "go").len() {
        0 | 1 => Vec::new(),
        _ => vec![complete("went")],
    }
}

fn replacing(name: &str, instance: &str) -> StartRequest {
    let mut request = StartRequest::new(name, id(instance)).input_json("NEW");
    request.replaceable = vec![Status::Running, Status::Pending, Status::Terminated];
    request
}

/// Starts `a`, and leaves it with its history being read.
async fn reading_its_history(store: &Arc<Troubled>) -> Bench {
    let worker = ScriptedWorker::new()
        .cold()
        .orchestrator("old", goes)
        .orchestrator("new", goes)
        .orchestrator("parent", |_| vec![script::child("a", "new", "NEW")]);
    let bench = bench(store, worker).await;
    bench.start("old", "a", "OLD").await;
    bench.raise("a", "go", "1").await;
    store.held.store(true, Ordering::SeqCst);
    let client = Arc::clone(&bench.client);
    tokio::spawn(async move { client.raise_event(&id("a"), "go", None).await });
    store.waiting.notified().await;
    store.held.store(false, Ordering::SeqCst);
    bench
}

#[tokio::test]
async fn a_replaced_instance_is_not_given_the_old_history() {
    let store = troubled();
    let bench = reading_its_history(&store).await;
    bench.worker.hold();
    let client = Arc::clone(&bench.client);
    let start = tokio::spawn(async move { client.start(replacing("new", "a")).await });
    turns().await;
    store.go.notify_one();
    turns_and_commits(&bench.runtime).await;
    bench.worker.release();
    turns_and_commits(&bench.runtime).await;
    let execution = start.await.unwrap().unwrap();
    let of_new: Vec<_> = bench
        .worker
        .requests()
        .into_iter()
        .map(|(r, _)| r)
        .collect();
    let of_new: Vec<_> = of_new
        .into_iter()
        .filter(|request| request.execution_id.as_deref() == Some(execution.as_str()))
        .collect();
    assert_eq!(of_new.len(), 1, "one episode, handed out once");
    assert!(of_new[0].past_events.is_empty());
    bench.raise("a", "go", "1").await;
    bench.raise("a", "go", "2").await;
    bench.completes("a", "went").await;
}

#[tokio::test]
async fn a_child_started_after_a_termination_is_not_given_the_old_history() {
    let store = troubled();
    let bench = reading_its_history(&store).await;
    let client = Arc::clone(&bench.client);
    let terminate =
        tokio::spawn(async move { client.terminate(&id("a"), None, false).await.unwrap() });
    let client = Arc::clone(&bench.client);
    let start = tokio::spawn(async move { client.start(replacing("parent", "p")).await });
    turns().await;
    store.go.notify_one();
    turns_and_commits(&bench.runtime).await;
    terminate.await.unwrap();
    start.await.unwrap().unwrap();
    let execution = bench.state("a").await.execution_id;
    let requests = bench.worker.requests().into_iter();
    let mut of_child = requests.filter(|(request, _)| {
        request.instance_id == "a" && request.execution_id.as_deref() == Some(execution.as_str())
    });
    let (first, _) = of_child.next().expect("the child has begun");
    assert!(first.past_events.is_empty());
    bench.raise("a", "go", "1").await;
    bench.raise("a", "go", "2").await;
    bench.completes("a", "went").await;
}

fn two_activities(events: &[HistoryEvent]) -> Vec<Action> {
    let mut actions = vec![activity("work", "1")];
    let done = script::results(events).len();
    if done >= 1 {
        actions.push(activity("work", "2"));
    }
    if done >= 2 {
        actions.push(complete("ok"));
    }
    actions
}

#[tokio::test]
async fn an_unreadable_history_stops_only_its_instance() {
    let store = troubled();
    let worker = ScriptedWorker::new()
        .cold()
        .activity("work")
        .orchestrator("two", two_activities);
    let bench = bench(&store, worker).await;
    store.damage(Reading::History);
    bench.start("two", "bad", "").await;
    bench.worker.started().await.complete("1");
    turns_and_commits(&bench.runtime).await;
    let (bad, second) = (id("bad"), Duration::from_secs(1));
    let waiting = bench.client.wait(&bad, WaitFor::Completion, second);
    let error = waiting.await.expect_err("it can't go on");
    assert!(error.to_string().contains("bad"), "{error}");
    for _ in 0..3 {
        bench.runtime.advance(Duration::from_secs(31));
        turns().await;
    }
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
    assert_eq!(bench.hub.stats().histories_loaded, 1, "not tried for ever");
    assert_eq!(bench.worker.started_count(), 0, "no activity runs again");
    bench.start("two", "good", "").await;
    bench.worker.started().await.complete("1");
    bench.worker.started().await.complete("2");
    bench.completes("good", "ok").await;
    // It can still be ended.
    bench
        .client
        .terminate(&id("bad"), None, false)
        .await
        .unwrap();
    assert_eq!(bench.ended("bad").await.status, Status::Terminated);
}

#[tokio::test]
async fn an_unreadable_instance_stops_only_itself() {
    let store = troubled();
    let worker = ScriptedWorker::new().orchestrator("old", goes);
    let bench = bench(&store, worker).await;
    store.damage(Reading::Load);
    let asked = bench.client.raise_event(&id("bad"), "go", None).await;
    let Err(ClientError::Unavailable { reason }) = asked else {
        panic!("{asked:?}");
    };
    assert!(reason.contains("bad"), "{reason}");
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
    bench.start("old", "good", "").await;
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
    turns().await;
    assert_eq!(bench.state("good").await.status, Status::Running);
}

#[tokio::test]
async fn messages_to_an_unreadable_instance_are_kept() {
    let store = troubled();
    store.damage(Reading::Load);
    let worker = ScriptedWorker::new().orchestrator("sends", |_| {
        vec![script::event("bad", "go", "1"), complete("sent")]
    });
    let bench = bench(&store, worker).await;
    bench.start("sends", "good", "").await;
    bench.completes("good", "sent").await;
    turns_and_commits(&bench.runtime).await;
    let targets = store.message_targets(None, 10).await.unwrap();
    assert_eq!(targets, [id("bad")]);
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
    assert_eq!(bench.hub.stats().instances_in_memory, 0);
}

#[tokio::test]
async fn unreadable_activities_and_timers_leave_the_rest_running() {
    for reading in [Reading::Activities, Reading::Timers] {
        let store = troubled();
        store.damage(reading);
        let worker = ScriptedWorker::new()
            .activity("work")
            .orchestrator("two", two_activities);
        let bench = bench(&store, worker).await;
        bench.start("two", "a", "").await;
        bench.worker.started().await.complete("1");
        bench.worker.started().await.complete("2");
        bench.completes("a", "ok").await;
        assert_eq!(bench.hub.health(), HubHealth::Healthy, "{reading:?}");
    }
}

/// A worker whose orchestrations wait for an activity and then for a timer of another day each.
fn days() -> ScriptedWorker {
    ScriptedWorker::new()
        .cold()
        .activity("work")
        .orchestrator("day", |events| {
            let day = script::input(events);
            let at = Timestamp::parse(&format!("2026-02-0{day}T00:00:00Z")).unwrap();
            let mut actions = vec![activity("work", &day)];
            if !script::results(events).is_empty() {
                actions.push(script::timer(at));
            }
            if script::fired(events) > 0 {
                actions.push(complete("ok"));
            }
            actions
        })
}

#[tokio::test]
async fn a_damaged_activity_or_timer_does_not_hold_up_the_others() {
    let store = Arc::new(MemoryStore::new());
    let before = Bench::on(Arc::clone(&store) as Arc<_>, days()).await;
    for (instance, day) in [("a", "1"), ("b", "2"), ("c", "3")] {
        before.start("day", instance, day).await;
    }
    let tasks = store.open_activities(0, 10).await.unwrap();
    assert_eq!(tasks.len(), 3);
    let damaged = |store: &MemoryStore, row: u64| {
        Arc::new(Troubled {
            inner: store.after_crash(),
            damaged_row: Some(row),
            ..Troubled::default()
        })
    };
    let left = bench(&damaged(&store, tasks[1].id), days()).await;
    turns_and_commits(&left.runtime).await;
    assert_eq!(left.worker.started_count(), 2);
    assert_eq!(left.hub.health(), HubHealth::Healthy);
    for _ in 0..3 {
        before.worker.started().await.complete("done");
    }
    turns_and_commits(&before.runtime).await;
    let timers = store.timers(None, 10).await.unwrap();
    assert_eq!(timers.len(), 3);
    let left = bench(&damaged(&store, timers[1].id), days()).await;
    turns_and_commits(&left.runtime).await;
    left.runtime.advance(Duration::from_hours(24 * 365));
    left.completes("a", "ok").await;
    left.completes("c", "ok").await;
    assert_eq!(left.state("b").await.status, Status::Running);
    assert_eq!(left.hub.health(), HubHealth::Healthy);
}

#[tokio::test]
async fn a_panic_in_the_loop_ends_the_hub_with_its_reason() {
    let store = troubled();
    let worker = ScriptedWorker::new().orchestrator("old", goes);
    let bench = bench(&store, worker).await;
    bench.start("old", "a", "").await;
    let client = Arc::clone(&bench.client);
    let waiting = tokio::spawn(async move {
        let forever = Duration::from_hours(1);
        client.wait(&id("a"), WaitFor::Completion, forever).await
    });
    turns().await;
    store.panics.store(true, Ordering::SeqCst);
    let asked = bench.client.raise_event(&id("a"), "go", None).await;
    assert!(asked.expect_err("its commit panics").is_retryable());
    let waited = waiting.await.unwrap().expect_err("nothing goes on");
    assert!(waited.is_retryable());
    turns().await;
    let HubHealth::Failed { reason } = bench.hub.health() else {
        panic!("{:?}", bench.hub.health());
    };
    assert!(reason.contains("injected panic"), "{reason}");
    assert!(store.closed.load(Ordering::SeqCst), "others may open it");
    // Returns at once: nothing is left to shut down.
    bench.hub.shutdown(Duration::from_secs(1)).await;
}

/// A worker that can't even be asked.
struct Panics;

impl WorkHandler for Panics {
    fn profile(&self) -> WorkerProfile {
        WorkerProfile {
            orchestrators: Accepts::Only(vec![NameAndVersion {
                name: String::from("x"),
                version: Some(String::new()),
            }]),
            orchestrations_max: 10,
            activities_max: 10,
            entities_max: 10,
            ..WorkerProfile::default()
        }
    }

    fn dispatch(&self, _: WorkItem) {
        panic!("in the worker");
    }
}

#[tokio::test]
async fn a_panic_of_the_worker_gives_the_item_back() {
    let runtime = TestRuntime::new();
    let store = Arc::new(MemoryStore::new());
    let limits = HubLimits::default();
    let hub = Hub::with_store(store, limits, Arc::clone(&runtime) as Arc<_>)
        .await
        .unwrap();
    hub.attach(Arc::new(Panics)).unwrap();
    let client = hub.client();
    let start = tokio::spawn(async move { client.start(StartRequest::new("x", id("a"))).await });
    turns_and_commits(&runtime).await;
    start.await.unwrap().unwrap();
    assert_eq!(hub.health(), HubHealth::Healthy);
}

#[tokio::test]
async fn a_timer_of_the_last_episode_leaves_nothing() {
    let store = Arc::new(MemoryStore::new());
    let at = Timestamp::parse("2026-01-04T00:00:00Z").unwrap();
    let worker =
        ScriptedWorker::new().orchestrator("t", move |_| vec![script::timer(at), complete("ok")]);
    let bench = Bench::on(Arc::clone(&store) as Arc<_>, worker).await;
    bench.start("t", "a", "").await;
    bench.completes("a", "ok").await;
    assert_eq!(store.timers(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_store_that_is_open_again_is_healthy() {
    let store = Arc::new(MemoryStore::new());
    let bench = Bench::on(Arc::clone(&store) as Arc<_>, ScriptedWorker::new()).await;
    store.faults().fail([Fault::Refused]);
    let started = bench.client.start(StartRequest::new("one", id("b"))).await;
    assert!(started.is_err());
    turns().await;
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
}

/// An entity that counts, with a state of almost half of what is remembered.
fn large() -> ScriptedWorker {
    ScriptedWorker::new().entity("e", true, |state, _| {
        let count = state.as_deref().and_then(|state| state.split(':').next());
        let count: u32 = count.map_or(0, |count| count.parse().unwrap());
        let state = format!("{}:{}", count + 1, "x".repeat(900 * 1024));
        Done::with(Some(state), "ok")
    })
}

async fn hub_on(store: &Arc<MemoryStore>, limits: HubLimits) -> (Hub, Arc<TestRuntime>) {
    let runtime = TestRuntime::new();
    let store = Arc::clone(store) as Arc<dyn Store>;
    let hub = Hub::with_store(store, limits, Arc::clone(&runtime) as Arc<_>).await;
    (hub.unwrap(), runtime)
}

async fn signal(hub: &Hub, entity: &EntityId) -> Result<(), ClientError> {
    hub.client().signal_entity(entity, "add", None, None).await
}

#[tokio::test]
async fn a_changed_entity_is_not_forgotten_before_it_is_written() {
    let keys = ["k0", "k1", "k2"].map(|key| EntityId::new("e", key).unwrap());
    let store = Arc::new(MemoryStore::new());
    let before = Bench::on(Arc::clone(&store) as Arc<_>, large()).await;
    for key in &keys {
        signal(&before.hub, key).await.unwrap();
    }
    turns_and_commits(&before.runtime).await;
    // Two have an operation that waits for a worker.
    let store = Arc::new(store.after_crash());
    let (hub, _) = hub_on(&store, HubLimits::default()).await;
    for key in &keys[..2] {
        signal(&hub, key).await.unwrap();
    }
    let store = Arc::new(store.after_crash());
    let mut limits = HubLimits::default();
    limits.messages_per_instance_max = 0;
    let (hub, runtime) = hub_on(&store, limits).await;
    // A signal that is refused reads the entity, which is remembered.
    for key in &keys[..2] {
        signal(&hub, key).await.unwrap_err();
    }
    // A commit that is being written keeps the next one open.
    store.faults().hold();
    let client = hub.client();
    tokio::spawn(async move { client.start(StartRequest::new("none", id("zz"))).await });
    store.faults().commit_is_held().await;
    hub.attach(Arc::new(large())).unwrap();
    turns().await;
    // There is no room for a third.
    signal(&hub, &keys[2]).await.unwrap_err();
    store.faults().release();
    turns_and_commits(&runtime).await;
    for key in &keys[..2] {
        let entity = store.entity(key, true).await.unwrap().unwrap();
        assert_eq!(entity.backlog, 0, "{key}");
        assert!(entity.state.unwrap().starts_with("2:"), "{key}");
    }
    assert_eq!(hub.health(), HubHealth::Healthy);
    assert_eq!(hub.stats().commits_failed, 0);
}

#[tokio::test]
async fn an_instance_that_ended_while_a_worker_had_it_leaves_memory() {
    let worker = ScriptedWorker::new().orchestrator("x", |_| Vec::new());
    let bench = Bench::memory(worker).await;
    bench.worker.hold();
    let client = Arc::clone(&bench.client);
    tokio::spawn(async move { client.start(StartRequest::new("x", id("a"))).await });
    bench.worker.held(1).await;
    let client = Arc::clone(&bench.client);
    let ended = tokio::spawn(async move { client.terminate(&id("a"), None, false).await });
    turns_and_commits(&bench.runtime).await;
    ended.await.unwrap().unwrap();
    bench.worker.release();
    turns_and_commits(&bench.runtime).await;
    assert_eq!(bench.hub.stats().instances_in_memory, 0);
}

#[tokio::test]
async fn every_shutdown_returns_when_the_hub_has_stopped() {
    let worker = ScriptedWorker::new()
        .activity("work")
        .orchestrator("two", two_activities);
    let bench = Bench::memory(worker).await;
    bench.start("two", "a", "").await;
    let running = bench.worker.started().await;
    let hub = Arc::new(bench.hub);
    let shut = |hub: &Arc<Hub>| {
        let hub = Arc::clone(hub);
        tokio::spawn(async move { hub.shutdown(Duration::from_secs(10)).await })
    };
    let first = shut(&hub);
    turns().await;
    let second = shut(&hub);
    turns().await;
    assert!(!first.is_finished() && !second.is_finished());
    running.complete("1");
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(hub.health(), HubHealth::Stopped);
}
