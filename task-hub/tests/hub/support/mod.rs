mod runtime;
pub mod script;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    Client, Fetch, InstanceId, InstanceState, Runtime, StartRequest, Status, WaitFor,
};
use task_hub::store::Store;
use task_hub::store::memory::MemoryStore;
use task_hub::{Attachment, Hub, HubLimits, HubOptions};

pub use runtime::TestRuntime;
pub use worker::{Done, ScriptedWorker, Started};

pub fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

/// A hub with a worker, on a clock that stands still.
pub struct Bench {
    pub hub: Hub,
    pub client: Arc<dyn Client>,
    pub worker: Arc<ScriptedWorker>,
    pub attachment: Attachment,
    pub runtime: Arc<TestRuntime>,
}

impl Bench {
    pub async fn on(store: Arc<dyn Store>, worker: ScriptedWorker) -> Self {
        let runtime = TestRuntime::new();
        let limits = HubLimits::default();
        let hub = Hub::with_store(store, limits, Arc::clone(&runtime) as Arc<dyn Runtime>)
            .await
            .unwrap();
        Self::with(hub, worker, runtime)
    }

    pub async fn open(options: HubOptions, worker: ScriptedWorker) -> Self {
        let runtime = TestRuntime::new();
        let hub = Hub::open(options, Arc::clone(&runtime) as Arc<dyn Runtime>)
            .await
            .unwrap();
        Self::with(hub, worker, runtime)
    }

    /// On a new file in a folder that goes with the returned guard.
    pub async fn file(worker: ScriptedWorker) -> (Self, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let options = HubOptions::file(folder.path().join("hub.db"));
        (Self::open(options, worker).await, folder)
    }

    pub async fn memory(worker: ScriptedWorker) -> Self {
        Self::on(Arc::new(MemoryStore::new()), worker).await
    }

    /// With a hub that is open.
    pub fn with(hub: Hub, worker: ScriptedWorker, runtime: Arc<TestRuntime>) -> Self {
        let worker = Arc::new(worker);
        let attachment = hub.attach(Arc::clone(&worker) as Arc<_>).unwrap();
        Self {
            attachment,
            client: hub.client(),
            hub,
            worker,
            runtime,
        }
    }

    /// Gives work to one more worker.
    pub fn attach(&self, worker: ScriptedWorker) -> (Arc<ScriptedWorker>, Attachment) {
        let worker = Arc::new(worker);
        let attachment = self.hub.attach(Arc::clone(&worker) as Arc<_>).unwrap();
        (worker, attachment)
    }

    pub async fn start(&self, name: &str, instance: &str, input: &str) {
        let request = StartRequest::new(name, id(instance)).input_json(input);
        self.client.start(request).await.unwrap();
    }

    pub async fn raise(&self, instance: &str, name: &str, input: &str) {
        let input = Some(input.to_owned());
        let raised = self.client.raise_event(&id(instance), name, input).await;
        raised.unwrap();
    }

    /// Waits for the end of an instance; its result must be this.
    pub async fn completes(&self, instance: &str, output: &str) {
        let state = self.ended(instance).await;
        assert_eq!(state.status, Status::Completed, "{:?}", state.failure);
        assert_eq!(state.output.as_deref(), Some(output));
    }

    pub async fn ended(&self, instance: &str) -> InstanceState {
        self.client
            .wait(&id(instance), WaitFor::Completion, Duration::from_secs(1))
            .await
            .unwrap()
    }

    pub async fn state(&self, instance: &str) -> InstanceState {
        let state = self.client.get(&id(instance), Fetch::Payloads).await;
        state.unwrap().unwrap()
    }

    /// Something that goes through the loop after all that was there before.
    pub async fn start_and_forget(&self) {
        let nobody = id("nobody");
        let answer = self.client.raise_event(&nobody, "go", None).await;
        assert!(answer.is_err());
    }

    /// Asserts how many commits there were. What is in a file can be read a moment before the hub
    /// itself knows that it is there.
    pub async fn has_made(&self, commits: u64, why: &str) {
        for _ in 0..1_000_000 {
            if self.commits() >= commits {
                break;
            }
            tokio::task::yield_now().await;
        }
        self.start_and_forget().await;
        assert_eq!(self.commits(), commits, "{why}");
    }

    /// Commits that became durable.
    pub fn commits(&self) -> u64 {
        self.hub.stats().commits
    }
}
