//! Operations that wait, of the worker of `durable-task`.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    AsyncEntity, Client, EntityContext, EntityId, Failure, InstanceState, OrchestrationContext,
    OrchestrationError, Registry, Runtime, StartRequest, Status, TokioRuntime, WaitFor, Worker,
    WorkerOptions,
};
use serde_json::Value;
use task_hub::{Hub, HubOptions};
use tokio::sync::{Semaphore, mpsc};

use crate::support::id;

/// Long enough for any machine; nothing waits so long.
const PATIENCE: Duration = Duration::from_mins(2);

/// A balance in a bank that answers when it is told.
struct Account {
    begun: mpsc::UnboundedSender<String>,
    answers: Arc<Semaphore>,
}

impl AsyncEntity for Account {
    const NAME: &'static str = "account";

    async fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
        let balance = ctx.state::<i64>()?.unwrap_or(0);
        let balance = match ctx.operation() {
            "get" => balance,
            "spoil" => {
                ctx.set_state(&1_000_000)?;
                tokio::task::yield_now().await;
                return Err(Failure::new("Spoiled", "as asked").non_retriable());
            }
            _ => balance + ctx.input::<i64>()?,
        };
        ctx.set_state(&balance)?;
        let _ = self.begun.send(ctx.idempotency_key());
        if ctx.operation() == "ask" {
            let answer = ctx.cancelled().run_until_cancelled(self.answers.acquire());
            match answer.await {
                Some(Ok(answer)) => answer.forget(),
                _ => return Err(Failure::new("Stopped", "no answer came")),
            }
        }
        Ok(balance.into())
    }
}

async fn asking(ctx: OrchestrationContext, key: String) -> Result<i64, OrchestrationError> {
    let account = account(&key);
    ctx.call_entity(&account, "ask", &5).await
}

async fn spoiling(ctx: OrchestrationContext, key: String) -> Result<i64, OrchestrationError> {
    let account = account(&key);
    ctx.call_entity::<i64>(&account, "add", &1).await?;
    if ctx.call_entity::<i64>(&account, "spoil", &()).await.is_ok() {
        return Err(OrchestrationError::failed("it was not spoiled"));
    }
    ctx.call_entity(&account, "get", &()).await
}

/// Nobody changes the balance between the two calls.
async fn locking(ctx: OrchestrationContext, key: String) -> Result<i64, OrchestrationError> {
    let account = account(&key);
    let _guard = ctx.lock(std::slice::from_ref(&account)).await?;
    let before: i64 = ctx.call_entity(&account, "add", &1).await?;
    ctx.sleep(Duration::from_millis(1)).await;
    let after: i64 = ctx.call_entity(&account, "add", &1).await?;
    Ok(after - before)
}

fn account(key: &str) -> EntityId {
    EntityId::new("account", key).unwrap()
}

struct Program {
    hub: Hub,
    client: Arc<dyn Client>,
    worker: Arc<Worker>,
    begun: mpsc::UnboundedReceiver<String>,
    answers: Arc<Semaphore>,
}

impl Program {
    async fn start(options: HubOptions) -> Self {
        let runtime = Arc::new(TokioRuntime::current().unwrap()) as Arc<dyn Runtime>;
        let hub = Hub::open(options, Arc::clone(&runtime)).await.unwrap();
        let (sender, begun) = mpsc::unbounded_channel();
        let answers = Arc::new(Semaphore::new(0));
        let entity = Account {
            begun: sender,
            answers: Arc::clone(&answers),
        };
        let mut registry = Registry::new();
        registry.async_entity(entity).unwrap();
        registry.orchestrator_fn("asking", "", asking).unwrap();
        registry.orchestrator_fn("spoiling", "", spoiling).unwrap();
        registry.orchestrator_fn("locking", "", locking).unwrap();
        let worker = Worker::start(registry, WorkerOptions::default(), runtime);
        hub.attach(Arc::clone(&worker) as Arc<_>).unwrap();
        Self {
            client: hub.client(),
            hub,
            worker,
            begun,
            answers,
        }
    }

    async fn begin(&self, name: &str, instance: &str, key: &str) {
        let request = StartRequest::new(name, id(instance)).input_json(format!("\"{key}\""));
        self.client.start(request).await.unwrap();
    }

    async fn end(&self, instance: &str) -> InstanceState {
        let instance = id(instance);
        let ended = self.client.wait(&instance, WaitFor::Completion, PATIENCE);
        let state = ended.await.unwrap();
        assert_eq!(state.status, Status::Completed, "{:?}", state.failure);
        state
    }

    async fn gives(&self, instance: &str, output: &str) {
        assert_eq!(self.end(instance).await.output.as_deref(), Some(output));
    }

    /// The key of the next operation that has begun.
    async fn begun(&mut self) -> String {
        let begun = tokio::time::timeout(PATIENCE, self.begun.recv()).await;
        begun.unwrap().unwrap()
    }

    async fn state_of(&self, key: &str) -> Option<String> {
        let found = self.client.get_entity(&account(key), true).await;
        found.unwrap().and_then(|found| found.state)
    }

    async fn stop(self) {
        self.worker.drain(PATIENCE).await;
        self.hub.shutdown(PATIENCE).await;
    }
}

#[tokio::test]
async fn an_operation_that_waits_holds_up_its_own_entity_and_nothing_else() {
    let mut program = Program::start(HubOptions::memory()).await;
    program.begin("asking", "first", "a").await;
    program.begun().await;
    program.begin("locking", "second", "a").await;
    let signal = (account("a"), Some(String::from("2")));
    let signaled = program
        .client
        .signal_entity(&signal.0, "add", signal.1, None);
    signaled.await.unwrap();
    // Others come and go.
    program.begin("locking", "other", "b").await;
    program.gives("other", "1").await;
    for _ in 0..2 {
        assert!(program.begun().await.starts_with("@account@b:"));
    }
    assert!(
        program.begun.try_recv().is_err(),
        "of `a` nothing has begun"
    );
    assert_eq!(program.state_of("a").await, None, "it has not ended");
    program.answers.add_permits(1);
    program.gives("first", "5").await;
    program.gives("second", "1").await;
    program.begin("spoiling", "last", "a").await;
    program.gives("last", "10").await;
    assert_eq!(program.state_of("a").await.as_deref(), Some("10"));
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn between_the_operations_of_a_critical_section_comes_nobody() {
    let program = Program::start(HubOptions::memory()).await;
    for number in 0..20 {
        program.begin("locking", &format!("i{number}"), "a").await;
    }
    for number in 0..20 {
        program.gives(&format!("i{number}"), "1").await;
    }
    assert_eq!(program.state_of("a").await.as_deref(), Some("40"));
    program.stop().await;
}

#[cfg(feature = "sqlite")]
mod in_a_file {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn file(folder: &Path) -> HubOptions {
        HubOptions::file(folder.join("hub.db"))
    }

    /// What a process that is killed now leaves behind.
    fn crashed_copy(folder: &Path) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for name in ["hub.db", "hub.db-wal"] {
            fs::copy(folder.join(name), copy.path().join(name)).unwrap();
        }
        copy
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn after_a_crash_it_runs_again_on_the_state_that_it_began_with() {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Program::start(file(folder.path())).await;
        program.begin("locking", "before", "a").await;
        program.gives("before", "1").await;
        for _ in 0..2 {
            program.begun().await;
        }
        program.begin("asking", "i", "a").await;
        let key = program.begun().await;
        let copy = crashed_copy(folder.path());

        let mut next = Program::start(file(copy.path())).await;
        assert_eq!(next.begun().await, key, "it is known as the same operation");
        next.answers.add_permits(1);
        next.gives("i", "7").await;
        assert_eq!(next.state_of("a").await.as_deref(), Some("7"));
        next.stop().await;
        program.answers.add_permits(1);
        program.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_shutdown_cuts_short_runs_again_in_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Program::start(file(folder.path())).await;
        program.begin("asking", "i", "a").await;
        let key = program.begun().await;
        program.worker.drain(Duration::ZERO).await;
        program.hub.shutdown(PATIENCE).await;
        assert!(
            program.begun.try_recv().is_err(),
            "it runs once in a process"
        );

        let mut next = Program::start(file(folder.path())).await;
        assert_eq!(next.begun().await, key);
        assert_eq!(next.state_of("a").await, None);
        next.answers.add_permits(1);
        next.gives("i", "5").await;
        next.stop().await;
    }
}
