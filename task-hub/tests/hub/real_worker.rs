//! The hub with the worker of `durable-task`: histories that it writes can be replayed, and
//! sessions that are kept give the same results.

use std::collections::BTreeMap;
#[cfg(feature = "sqlite")]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durable_task::{
    ActivityContext, Client, EntityContext, EntityId, Failure, Fetch, InstanceState,
    OrchestrationContext, OrchestrationError, Registry, Runtime, StartRequest, Status,
    TokioRuntime, WaitFor, Worker, WorkerOptions,
};
#[cfg(feature = "sqlite")]
use durable_task::{BoxFuture, LocalBoxFuture, Timestamp};
use futures_util::future::join_all;
use task_hub::{Hub, HubOptions};

use crate::support::id;

/// Long enough for any machine; nothing waits so long.
const PATIENCE: Duration = Duration::from_mins(2);

type Calls = Arc<Mutex<BTreeMap<String, u32>>>;

async fn sequence(ctx: OrchestrationContext, steps: u64) -> Result<u64, OrchestrationError> {
    let mut sum = 0;
    for step in 0..steps {
        sum += ctx.call_activity::<u64>("double", &step).await?;
        ctx.set_custom_status(step);
    }
    Ok(sum)
}

async fn fan(ctx: OrchestrationContext, width: u64) -> Result<u64, OrchestrationError> {
    let calls = (0..width).map(|number| ctx.call_activity::<u64>("double", &number));
    let results = ctx.join_all(calls).await;
    results.into_iter().sum()
}

async fn approval(ctx: OrchestrationContext, (): ()) -> Result<String, OrchestrationError> {
    let approval = ctx.wait_for_event_named::<String>("approve");
    match approval.timeout(Duration::from_hours(1)).await? {
        Some(who) => Ok(format!("approved by {who}")),
        None => Err(OrchestrationError::failed("not approved in time")),
    }
}

async fn countdown(ctx: OrchestrationContext, from: u64) -> Result<String, OrchestrationError> {
    let _: u64 = ctx.call_activity("double", &from).await?;
    if from > 0 {
        return ctx.continue_as_new(&(from - 1)).await;
    }
    Ok(String::from("lift-off"))
}

async fn family(ctx: OrchestrationContext, depth: u64) -> Result<u64, OrchestrationError> {
    if depth == 0 {
        return Ok(1);
    }
    let children = (0..2).map(|_| ctx.call_sub_orchestration::<u64>("family", &(depth - 1)));
    let results = ctx.join_all(children).await;
    results.into_iter().sum()
}

fn account(ctx: &mut EntityContext) -> Result<i64, Failure> {
    let amount: Option<i64> = ctx.input()?;
    let balance = ctx.state::<i64>()?.unwrap_or(0) + amount.unwrap_or(0);
    ctx.set_state(&balance)?;
    Ok(balance)
}

async fn transfer(
    ctx: OrchestrationContext,
    (from, to): (String, String),
) -> Result<(), OrchestrationError> {
    let entity = |key| EntityId::new("account", key);
    let (Ok(from), Ok(to)) = (entity(from), entity(to)) else {
        return Err(OrchestrationError::failed("no such account"));
    };
    let _guard = ctx.lock(&[from.clone(), to.clone()]).await?;
    let before: i64 = ctx.call_entity(&from, "add", &0).await?;
    let _: u64 = ctx.call_activity("double", &1).await?;
    let after: i64 = ctx.call_entity(&from, "add", &-1).await?;
    if after != before - 1 {
        return Err(OrchestrationError::failed("somebody came between"));
    }
    ctx.call_entity::<i64>(&to, "add", &1).await?;
    Ok(())
}

fn registry(calls: &Calls) -> Registry {
    let mut registry = Registry::new();
    let calls = Arc::clone(calls);
    registry
        .activity_fn("double", move |ctx: ActivityContext, number: u64| {
            let calls = Arc::clone(&calls);
            async move {
                let key = ctx.idempotency_key();
                *calls.lock().unwrap().entry(key).or_default() += 1;
                Ok::<_, Failure>(2 * number)
            }
        })
        .unwrap();
    registry.orchestrator_fn("sequence", "", sequence).unwrap();
    registry.orchestrator_fn("fan", "", fan).unwrap();
    registry.orchestrator_fn("approval", "", approval).unwrap();
    registry
        .orchestrator_fn("countdown", "", countdown)
        .unwrap();
    registry.orchestrator_fn("family", "", family).unwrap();
    registry.orchestrator_fn("transfer", "", transfer).unwrap();
    registry.entity_fn("account", account).unwrap();
    registry
}

struct Program {
    hub: Hub,
    client: Arc<dyn Client>,
    worker: Arc<Worker>,
    calls: Calls,
}

impl Program {
    async fn start(options: HubOptions, sessions: usize) -> Self {
        let runtime = TokioRuntime::current().unwrap();
        Self::start_on(options, sessions, Arc::new(runtime)).await
    }

    async fn start_on(options: HubOptions, sessions: usize, runtime: Arc<dyn Runtime>) -> Self {
        let hub = Hub::open(options, Arc::clone(&runtime)).await.unwrap();
        let calls = Calls::default();
        let options = WorkerOptions {
            warm_sessions_max: sessions,
            ..WorkerOptions::default()
        };
        let worker = Worker::start(registry(&calls), options, runtime);
        hub.attach(Arc::clone(&worker) as Arc<_>).unwrap();
        Self {
            client: hub.client(),
            hub,
            worker,
            calls,
        }
    }

    async fn begin(&self, name: &str, instance: &str, input: &str) {
        let request = StartRequest::new(name, id(instance)).input_json(input);
        self.client.start(request).await.unwrap();
    }

    async fn end(&self, instance: &str) -> InstanceState {
        let instance = id(instance);
        let ended = self.client.wait(&instance, WaitFor::Completion, PATIENCE);
        ended.await.unwrap()
    }

    async fn gives(&self, name: &str, input: &str, output: &str) {
        let instance = format!("{name}-{}", input.len());
        self.begin(name, &instance, input).await;
        let state = self.end(&instance).await;
        assert_eq!(state.status, Status::Completed, "{:?}", state.failure);
        assert_eq!(state.output.as_deref(), Some(output));
    }

    async fn stop(self) -> Calls {
        self.worker.drain(PATIENCE).await;
        self.hub.shutdown(PATIENCE).await;
        self.calls
    }

    /// All that the examples above do.
    async fn everything(&self) {
        self.gives("sequence", "20", "380").await;
        self.gives("fan", "200", "39800").await;
        self.gives("countdown", "10", "\"lift-off\"").await;
        self.gives("family", "4", "16").await;
        self.begin("approval", "a", "null").await;
        let name = Some(String::from("\"Ada\""));
        self.client
            .raise_event(&id("a"), "Approve", name)
            .await
            .unwrap();
        let state = self.end("a").await;
        assert_eq!(state.output.as_deref(), Some("\"approved by Ada\""));
    }

    /// Many transfers between few accounts, all at once.
    async fn transfers(&self) {
        const ACCOUNTS: i64 = 4;
        let transfers = (0..40).map(|number| async move {
            let (from, to) = (number % ACCOUNTS, (number / 2 + 1) % ACCOUNTS);
            let input = format!("[\"{from}\",\"{to}\"]");
            let instance = format!("transfer{number}");
            self.begin("transfer", &instance, &input).await;
            let state = self.end(&instance).await;
            assert_eq!(state.status, Status::Completed, "{:?}", state.failure);
        });
        join_all(transfers).await;
        let mut sum = 0;
        for account in 0..ACCOUNTS {
            let entity = EntityId::new("account", account.to_string()).unwrap();
            let found = self.client.get_entity(&entity, true).await;
            let found = found.unwrap().unwrap();
            assert_eq!((found.locked_by, found.backlog), (None, 0));
            sum += found.state.unwrap().parse::<i64>().unwrap();
        }
        assert_eq!(sum, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_in_memory_warm() {
    let program = Program::start(HubOptions::memory(), 1_000).await;
    program.everything().await;
    program.transfers().await;
    assert_eq!(program.hub.stats().histories_loaded, 0);
    let calls = program.stop().await;
    assert!(calls.lock().unwrap().values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_in_memory_cold() {
    let program = Program::start(HubOptions::memory(), 0).await;
    program.everything().await;
    program.transfers().await;
    assert!(program.hub.stats().histories_loaded > 100);
    let calls = program.stop().await;
    assert!(calls.lock().unwrap().values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_with_few_sessions() {
    let program = Program::start(HubOptions::memory(), 3).await;
    program.everything().await;
    program.transfers().await;
    let calls = program.stop().await;
    assert!(calls.lock().unwrap().values().all(|count| *count == 1));
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_in_a_file_and_goes_on_in_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = || HubOptions::file(folder.path().join("hub.db"));
    let program = Program::start(file(), 1_000).await;
    program.everything().await;
    program.transfers().await;
    program.begin("approval", "later", "null").await;
    program.begin("sequence", "long", "300").await;
    program.stop().await;

    let program = Program::start(file(), 1_000).await;
    let name = Some(String::from("\"Grace\""));
    let later = id("later");
    let raised = program.client.raise_event(&later, "approve", name);
    raised.await.unwrap();
    let state = program.end("later").await;
    assert_eq!(state.output.as_deref(), Some("\"approved by Grace\""));
    let state = program.end("long").await;
    assert_eq!(state.output.as_deref(), Some("89700"));
    let old = program.client.get(&id("fan-3"), Fetch::Payloads).await;
    assert_eq!(old.unwrap().unwrap().output.as_deref(), Some("39800"));
    program.stop().await;
}

/// Tokio; counts how often the hub was told that it may block its thread.
#[cfg(feature = "sqlite")]
struct Watched {
    tokio: TokioRuntime,
    may_block: AtomicUsize,
}

#[cfg(feature = "sqlite")]
impl Runtime for Watched {
    fn now(&self) -> Timestamp {
        self.tokio.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.tokio.sleep(duration)
    }

    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.tokio.spawn(name, task);
    }

    fn spawn_loop(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.tokio.spawn_loop(name, task);
    }

    fn host(&self, wake: Box<dyn FnOnce() + '_>) {
        self.tokio.host(wake);
    }

    fn may_block(&self) -> bool {
        let may_block = self.tokio.may_block();
        self.may_block
            .fetch_add(usize::from(may_block), Ordering::SeqCst);
        may_block
    }

    fn spawn_lane(
        &self,
        name: String,
        task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
    ) {
        self.tokio.spawn_lane(name, task);
    }

    fn random(&self) -> u128 {
        self.tokio.random()
    }
}

/// A lane that has nothing else to do writes the commit that its episode leads to.
#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_of_lanes_are_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = || HubOptions::file(folder.path().join("hub.db"));
    let runtime = Arc::new(Watched {
        tokio: TokioRuntime::current().unwrap(),
        may_block: AtomicUsize::new(0),
    });
    let program = Program::start_on(options(), 100, Arc::clone(&runtime) as Arc<_>).await;
    let mut count = 0;
    // A loop that is still awake when the lane answers goes on where it is. So once is enough.
    while runtime.may_block.load(Ordering::SeqCst) == 0 || count < 20 {
        program.begin("sequence", &format!("s{count}"), "20").await;
        let state = program.end(&format!("s{count}")).await;
        assert_eq!(state.output.as_deref(), Some("380"));
        count += 1;
    }
    // One for the start, and one for each activity; more where a commit closed before its episode
    // had ended.
    assert!(program.hub.stats().commits >= count * 21);
    let calls = program.stop().await;
    assert!(calls.lock().unwrap().values().all(|times| *times == 1));
    let program = Program::start(options(), 100).await;
    for number in 0..count {
        let instance = id(&format!("s{number}"));
        let state = program.client.get(&instance, Fetch::Payloads).await;
        let state = state.unwrap().unwrap();
        assert_eq!(state.output.as_deref(), Some("380"));
    }
    program.stop().await;
}
