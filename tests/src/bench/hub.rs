//! A hub in a file, with a worker on it.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use agent_sdk::App;
use agent_sdk::workflow::WorkflowClient;
use durable_task::{Client, Registry, Runtime, TokioRuntime, Worker, WorkerOptions};
use task_hub::{Hub, HubOptions};
use tempfile::TempDir;
use tokio::runtime::Handle;

/// A hub that works.
pub struct Stage {
    pub client: Arc<dyn Client>,
    pub hub: Hub,
    /// Kept until the end.
    #[allow(dead_code, reason = "dropping it removes the folder")]
    folder: Option<TempDir>,
}

impl Stage {
    /// Opens a hub; `register` says what its worker runs.
    pub async fn open(
        register: impl FnOnce(&mut Registry, Arc<dyn Client>) -> Result<(), Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let mut stage = Self::open_in(folder.path(), register).await?;
        stage.folder = Some(folder);
        Ok(stage)
    }

    /// Opens the hub in a folder.
    pub async fn open_in(
        folder: &Path,
        register: impl FnOnce(&mut Registry, Arc<dyn Client>) -> Result<(), Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::new(Handle::current()));
        let options = HubOptions::file(folder.join("hub.db"));
        let hub = Hub::open(options, Arc::clone(&runtime)).await?;
        let mut registry = Registry::new();
        register(&mut registry, hub.client())?;
        hub.attach(Worker::start(registry, WorkerOptions::default(), runtime))?;
        Ok(Self {
            client: hub.client(),
            hub,
            folder: None,
        })
    }

    /// Opens a hub, in a folder of its own or in that one, for an application's workflows.
    pub async fn open_app(
        app: App,
        folder: Option<&Path>,
    ) -> Result<(Self, WorkflowClient), Box<dyn Error>> {
        let register =
            |registry: &mut Registry, hub: Arc<dyn Client>| Ok(app.register(registry, hub)?);
        let stage = match folder {
            Some(folder) => Self::open_in(folder, register).await?,
            None => Self::open(register).await?,
        };
        let client = WorkflowClient::new(Arc::new(app), stage.hub.client());
        Ok((stage, client))
    }
}
