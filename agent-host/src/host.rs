//! A started app: the hub is open, its worker runs, the routes answer.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::workflow::{HostUrl, WorkflowClient};
use agent_sdk::{AgentClient, App};
use axum::Router;
use durable_task::{Client, Registry, Runtime, TokioRuntime, WorkHandler, Worker, WorkerOptions};
use task_hub::Hub;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::auth::FunctionKeys;
use crate::backend::{Backend, Engine};
use crate::error::HostError;
use crate::graph::Pictures;
use crate::hub_setup::HubSetup;
use crate::left_behind;
use crate::options::HttpOptions;
use crate::registered::Registered;
use crate::routes::durable::Functions;
use crate::routes::{self, Origin, RouteState};

/// A checked app that has not been started.
#[derive(Debug)]
pub(crate) struct HostPlan {
    app: App,
    options: HttpOptions,
    hub: HubSetup,
    keys: FunctionKeys,
    url: HostUrl,
}

impl HostPlan {
    pub(crate) fn new(app: App, options: HttpOptions, hub: HubSetup) -> Self {
        Self {
            app,
            options,
            hub,
            keys: FunctionKeys::default(),
            url: HostUrl::default(),
        }
    }

    /// Everything that the app has code for.
    pub(crate) fn registry(&self, hub: Arc<dyn Client>) -> Result<Registry, HostError> {
        let mut registry = Registry::new();
        self.app.register(&mut registry, hub)?;
        registry.resource(self.url.clone());
        Ok(registry)
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Where links into its runs lead. What starts again links before anything listens: a port that
    /// is known is said here.
    pub(crate) fn listening_on(&self, port: u16) -> HostUrl {
        if port != 0 {
            self.url.listens_on(port);
        }
        self.url.clone()
    }

    /// Guards the routes with these keys.
    pub(crate) fn guarded(mut self, keys: FunctionKeys, origin: Origin) -> Result<Self, HostError> {
        let options = &mut self.options;
        self.url = HostUrl::new(origin.base_url.as_deref());
        options.origin = origin;
        let health = options.health_auth_level.unwrap_or(options.auth_level);
        let is_open = |level| keys.is_empty() || keys.can_open(level);
        if !is_open(options.auth_level) || !is_open(health) {
            return Err(HostError::NoAdminKey);
        }
        self.keys = keys;
        Ok(self)
    }

    /// Opens the hub and starts the worker.
    pub(crate) async fn start(mut self, backend: &Backend) -> Result<Host, HostError> {
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::new(Handle::current()));
        let setup = std::mem::take(&mut self.hub);
        let setup = |options| setup.apply(options);
        let hub = Engine::open_with(backend, setup, Arc::clone(&runtime)).await?;
        let client = hub.client();
        let registry = self.registry(Arc::clone(&client))?;
        let app = Arc::new(self.app);
        let worker = Worker::start(registry, WorkerOptions::default(), runtime);
        hub.attach(Arc::clone(&worker))?;
        let hub = Arc::new(hub);
        let workflows = WorkflowClient::new(Arc::clone(&app), Arc::clone(&client));
        let agents = AgentClient::new(app, Arc::clone(&client));
        let closing = CancellationToken::new();
        let head_timeout = self.options.head_timeout;
        let functions = Functions::of(worker.profile());
        // What a service holds may well be the work of other programs.
        if hub.embedded().is_some() {
            let (functions, closing) = (functions.clone(), closing.clone());
            tokio::spawn(left_behind::tell(Arc::clone(&client), functions, closing));
        }
        let state = RouteState {
            agents: agents.clone(),
            workflows: workflows.clone(),
            options: self.options,
            pictures: Pictures::default(),
            hub: Arc::clone(&hub),
            client,
            functions,
            task_hub: backend.task_hub(),
            keys: self.keys,
            closing: closing.clone(),
        };
        Ok(Host {
            router: routes::router(Arc::new(state)),
            agents,
            workflows,
            hub,
            worker,
            closing,
            head_timeout,
        })
    }
}

/// A started app. It works as long as it is not shut down: also runs that nobody waits for.
///
/// ```
/// # use agent_host::{FunctionApp, HubLocation};
/// # use agent_sdk::model::ScriptedModel;
/// # async fn embed(app: FunctionApp) -> Result<(), Box<dyn std::error::Error>> {
/// let host = app.start(HubLocation::Memory).await?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// axum::serve(listener, host.router()).await?;
/// host.shutdown(std::time::Duration::from_secs(10)).await;
/// # Ok(())
/// # }
/// ```
pub struct Host {
    router: Router,
    agents: AgentClient,
    workflows: WorkflowClient,
    hub: Arc<Engine>,
    worker: Arc<Worker>,
    closing: CancellationToken,
    head_timeout: Duration,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("agents", &self.agents)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// The app's routes, for a server of your own.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A client of the app's agents.
    pub fn agents(&self) -> &AgentClient {
        &self.agents
    }

    /// A client of the app's workflows.
    pub fn workflows(&self) -> &WorkflowClient {
        &self.workflows
    }

    /// The hub on which it runs, where that is in this process.
    pub fn hub(&self) -> Option<&Hub> {
        self.hub.embedded()
    }

    /// A client of the hub or service on which it runs.
    pub fn client(&self) -> Arc<dyn Client> {
        self.hub.client()
    }

    /// All that has code here.
    pub(crate) fn registered(&self) -> Registered {
        Registered::of(self.worker.profile())
    }

    /// Says where this process serves, for the error that a second process on its hub gets.
    pub(crate) fn announce(&self, address: &str) {
        self.hub.announce(address);
    }

    /// Stops taking work, lets running steps end until the deadline, and closes the hub. What did
    /// not end goes on when the app starts again.
    pub async fn shutdown(self, deadline: Duration) {
        self.closing.cancel();
        self.hub.shutdown(deadline).await;
        // The hub has cancelled what did not end: only the threads are left to stop.
        self.worker.drain(Duration::ZERO).await;
    }

    /// Cancelled when callers must not wait any longer.
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    pub(crate) fn head_timeout(&self) -> Duration {
        self.head_timeout
    }
}
