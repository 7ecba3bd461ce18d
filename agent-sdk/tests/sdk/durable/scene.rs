//! An app on a hub, and what its model and tools were asked.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent_sdk::model::{ChatModel, ModelError, ModelRequest, ModelResponse};
use agent_sdk::tool::ToolDefinition;
use agent_sdk::{
    AgentClient, AgentDefinition, App, CorrelationId, RunAnswer, RunFailure, RunRequest, RunState,
    SessionId,
};
use async_trait::async_trait;
use durable_task::testing::TestRuntime;
use durable_task::{Client, Registry, Runtime, TokioRuntime, Worker, WorkerOptions};
use serde_json::json;
use task_hub::{Hub, HubOptions, OpenError};

/// Longer than anything here takes; reached only by a test that fails.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct Scene {
    pub client: AgentClient,
    pub hub: Hub,
    worker: Arc<Worker>,
}

impl Scene {
    /// The app on a hub in memory.
    pub async fn in_memory(app: App) -> Self {
        Self::open(app, HubOptions::memory(), wall_clock()).await
    }

    /// The app on a hub file.
    pub async fn on_file(app: App, path: &Path) -> Self {
        Self::open(app, HubOptions::file(path), wall_clock()).await
    }

    /// The app on a hub in memory whose time stands still until it is moved, so that no commit is
    /// closed by time.
    pub async fn timeless(app: App) -> (Self, TestRuntime) {
        let runtime = TestRuntime::new();
        let scene = Self::open(app, HubOptions::memory(), Arc::new(runtime.clone())).await;
        (scene, runtime)
    }

    async fn open(app: App, options: HubOptions, runtime: Arc<dyn Runtime>) -> Self {
        let hub = open_hub(options, &runtime).await;
        let app = Arc::new(app);
        let mut registry = Registry::new();
        app.register(&mut registry, hub.client()).unwrap();
        let worker = Worker::start(registry, WorkerOptions::default(), runtime);
        hub.attach(worker.clone()).unwrap();
        Self {
            client: AgentClient::new(app, hub.client()),
            hub,
            worker,
        }
    }

    pub fn raw(&self) -> Arc<dyn Client> {
        self.hub.client()
    }

    /// Starts a run and waits for its end.
    pub async fn run(&self, request: RunRequest) -> RunState {
        let started = self.client.start(request).await.unwrap();
        self.client.wait(&started.run, PATIENCE).await.unwrap()
    }

    pub async fn answer(&self, request: RunRequest) -> RunAnswer {
        match self.run(request).await {
            RunState::Answered(answer) => answer,
            other => panic!("no answer: {other:?}"),
        }
    }

    pub async fn failure(&self, request: RunRequest) -> RunFailure {
        match self.run(request).await {
            RunState::Failed(failure) => failure,
            other => panic!("no failure: {other:?}"),
        }
    }

    /// `role: text` of each stored message, in order.
    pub async fn conversation(&self, session: &SessionId) -> Vec<String> {
        let document = self.client.session("joker", session).await.unwrap();
        let Some(document) = document else {
            return Vec::new();
        };
        let entries = document["data"]["conversationHistory"].as_array().unwrap();
        let messages = entries
            .iter()
            .flat_map(|entry| entry["messages"].as_array().unwrap());
        let line = |message: &serde_json::Value| {
            let content = &message["contents"][0];
            let text = content["text"]
                .as_str()
                .or(content["$type"].as_str())
                .unwrap();
            format!("{}: {text}", message["role"].as_str().unwrap())
        };
        messages.map(line).collect()
    }

    pub async fn close(self) {
        // What still runs hangs on purpose.
        let deadline = Duration::from_millis(100);
        self.hub.shutdown(deadline).await;
        self.worker.drain(deadline).await;
    }
}

fn wall_clock() -> Arc<dyn Runtime> {
    Arc::new(TokioRuntime::current().unwrap())
}

/// Opens a hub; one whose last process has just ended may take a moment to be free.
async fn open_hub(options: HubOptions, runtime: &Arc<dyn Runtime>) -> Hub {
    for _ in 0..1000 {
        match Hub::open(options.clone(), Arc::clone(runtime)).await {
            Err(OpenError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            opened => return opened.unwrap(),
        }
    }
    panic!("the hub stays in use");
}

/// An app with one agent, `Joker`, that has the tool `look`.
pub fn app(model: impl ChatModel, change: impl FnOnce(&mut AgentDefinition)) -> App {
    let mut joker = AgentDefinition::new("Joker");
    joker.tools = vec![look()];
    joker.model_attempts_max = 1;
    change(&mut joker);
    App::builder()
        .model(Arc::new(model))
        .agent_definition(joker)
        .build()
        .unwrap()
}

/// A tool that gives its arguments back.
pub fn look() -> ToolDefinition {
    ToolDefinition {
        name: "look",
        description: "Gives its arguments back.",
        parameters: json!({"type": "object", "properties": {}}),
        strict: false,
        needs: Vec::new(),
        timeout: None,
        run: |_, arguments| Box::pin(async move { Ok(arguments) }),
    }
}

pub fn session() -> SessionId {
    SessionId::new("s").unwrap()
}

/// A text in the session `s`.
pub fn say(text: &str) -> RunRequest {
    RunRequest::new("Joker", text).in_session(session())
}

pub fn correlation(id: &str) -> CorrelationId {
    CorrelationId::new(id).unwrap()
}

/// A model that keeps what it was asked and answers with a function.
pub struct Recorded<F> {
    pub asked: Arc<Mutex<Vec<ModelRequest>>>,
    pub answer: F,
}

#[async_trait]
impl<F, A> ChatModel for Recorded<F>
where
    F: Fn(ModelRequest) -> A + Send + Sync + 'static,
    A: Future<Output = Result<ModelResponse, ModelError>> + Send,
{
    fn provider(&self) -> &'static str {
        "recorded"
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        self.asked.lock().unwrap().push(request.clone());
        (self.answer)(request).await
    }
}
