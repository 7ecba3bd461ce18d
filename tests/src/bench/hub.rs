//! A hub in a file, with a worker on it.

use std::error::Error;
use std::sync::Arc;

use durable_task::{Client, Registry, Runtime, TokioRuntime, Worker, WorkerOptions};
use task_hub::{Hub, HubOptions};
use tempfile::TempDir;
use tokio::runtime::Handle;

/// A hub that works.
pub struct Stage {
    pub client: Arc<dyn Client>,
    /// Kept open.
    _hub: Hub,
    _folder: TempDir,
}

impl Stage {
    /// Opens a hub; `register` says what its worker runs.
    pub async fn open(
        register: impl FnOnce(&mut Registry, Arc<dyn Client>) -> Result<(), Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::new(Handle::current()));
        let options = HubOptions::file(folder.path().join("hub.db"));
        let hub = Hub::open(options, Arc::clone(&runtime)).await?;
        let mut registry = Registry::new();
        register(&mut registry, hub.client())?;
        hub.attach(Worker::start(registry, WorkerOptions::default(), runtime))?;
        Ok(Self {
            client: hub.client(),
            _hub: hub,
            _folder: folder,
        })
    }
}
