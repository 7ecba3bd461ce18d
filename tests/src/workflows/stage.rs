//! An application on a hub in a file, and what becomes of its runs.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agent_sdk::App;
use agent_sdk::workflow::runner::GraphRunner;
use agent_sdk::workflow::{Graph, Message, WorkflowClient, WorkflowStatus};
use agent_tests::HubFile;
use durable_task::{InstanceId, Registry, Runtime, TokioRuntime, Worker, WorkerOptions};
use serde_json::Value;
use task_hub::{Hub, HubOptions};
use tempfile::TempDir;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// What becomes of a run.
#[derive(Debug, PartialEq)]
pub struct Story {
    pub outputs: Option<Vec<Value>>,
    pub failure: Option<String>,
    pub events: Vec<Value>,
}

impl Story {
    /// The events of a kind.
    pub fn of_kind(&self, kind: &str) -> Vec<&Value> {
        let events = self.events.iter();
        events.filter(|event| event["type"] == kind).collect()
    }
}

/// A run in memory, of a graph that asks nobody.
pub async fn in_memory(graph: &'static Graph, input: &Value) -> Outcome<Story> {
    let input: Message = serde_json::from_str(&input.to_string())?;
    let run = GraphRunner::new(graph).start(input).await?;
    let (outputs, failure) = match run.outputs() {
        Ok(outputs) => (Some(outputs), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let outputs = outputs.map(|outputs| outputs.iter().map(Message::read).collect());
    let events = run.events().iter().map(serde_json::to_value);
    Ok(Story {
        outputs: outputs.transpose()?,
        failure,
        events: events.collect::<Result<_, _>>()?,
    })
}

/// A hub in a file with the worker of an application.
pub struct Stage {
    pub client: WorkflowClient,
    pub hub: Hub,
    worker: Arc<Worker>,
    folder: TempDir,
}

impl Stage {
    pub async fn new(app: App) -> Outcome<Self> {
        Self::on(app, TempDir::new()?).await
    }

    async fn on(app: App, folder: TempDir) -> Outcome<Self> {
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::current().ok_or("no runtime")?);
        let options = HubOptions::file(folder.path().join("hub.db"));
        let hub = Hub::open(options, Arc::clone(&runtime)).await?;
        let mut registry = Registry::new();
        app.register(&mut registry, hub.client())?;
        let worker = Worker::start(registry, WorkerOptions::default(), runtime);
        let _attachment = hub.attach(worker.clone())?;
        Ok(Self {
            client: WorkflowClient::new(Arc::new(app), hub.client()),
            hub,
            worker,
            folder,
        })
    }

    /// Another process on the same file.
    pub async fn again(self, app: App) -> Outcome<Self> {
        self.hub.shutdown(PATIENCE).await;
        self.worker.drain(PATIENCE).await;
        drop(self.client);
        drop(self.hub);
        Self::on(app, self.folder).await
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("hub.db")
    }

    /// The file as it is after the last commit.
    pub fn file(&self) -> Outcome<HubFile> {
        HubFile::open(&self.path())
    }

    pub async fn start(&self, workflow: &str, input: &Value) -> Outcome<InstanceId> {
        let input = input.to_string();
        Ok(self.client.start_named(workflow, &input, None).await?.run)
    }

    /// Waits until a run stands like that.
    pub async fn once(
        &self,
        workflow: &str,
        run: &InstanceId,
        holds: impl Fn(&WorkflowStatus) -> bool,
    ) -> Outcome<WorkflowStatus> {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let status = self.client.status(workflow, run).await?;
            if holds(&status) {
                return Ok(status);
            }
            if tokio::time::Instant::now() > end {
                return Err(format!("{status:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// What becomes of a run, once it has ended.
    pub async fn story(&self, workflow: &str, run: &InstanceId) -> Outcome<Story> {
        let status = self.once(workflow, run, |status| status.status.is_terminal());
        let status = status.await?;
        let outputs = status.outputs.map(|outputs| {
            let values = outputs.iter().map(Message::read);
            values.collect::<Result<_, _>>()
        });
        let page = self.client.events(workflow, run, 0).await?;
        let events = page.events.into_iter();
        let events = events.map(|recorded| serde_json::to_value(recorded.event));
        Ok(Story {
            outputs: outputs.transpose()?,
            failure: status.failure.map(|failure| failure.message),
            events: events.collect::<Result<_, _>>()?,
        })
    }

    /// Starts a run and tells what becomes of it.
    pub async fn run(&self, workflow: &str, input: &Value) -> Outcome<Story> {
        let run = self.start(workflow, input).await?;
        self.story(workflow, &run).await
    }
}
