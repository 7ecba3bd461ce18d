//! The builder that users write.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::ChatModel;
use agent_sdk::workflow::Workflow;
use agent_sdk::{Agent, AgentDefinition, App, AppBuilder};
use durable_task::{
    Activity, EntityType, Executor, Orchestrator, Registry, RegistryError, Runtime, TokioRuntime,
};
use task_hub::HubOptions;
use tokio::runtime::Handle;

use crate::backend::{Backend, Engine};
use crate::config::{HubLocation, ModelChoice};
use crate::error::HostError;
use crate::host::{Host, HostPlan};
use crate::hub_setup::HubSetup;
use crate::model::{self, Models};
use crate::options::{AuthLevel, HttpOptions, POLL_INTERVAL, RunDialect, SHUTDOWN_DEADLINE};
use crate::program;

/// An app: what it hosts, and how it answers.
///
/// ```no_run
/// use agent_host::{FunctionApp, HostError};
/// use agent_sdk::prelude::*;
///
/// #[agent(instructions = "You tell jokes.", tools = [])]
/// struct Joker;
///
/// fn main() -> Result<(), HostError> {
///     FunctionApp::new().agent::<Joker>().run()
/// }
/// ```
#[derive(Default)]
#[must_use = "an app does nothing until it is run"]
pub struct FunctionApp {
    pub(crate) app: AppBuilder,
    pub(crate) model: Option<Arc<dyn ChatModel>>,
    pub(crate) offline_model: Option<Arc<dyn ChatModel>>,
    pub(crate) options: HttpOptions,
    hub: HubSetup,
    pub(crate) shutdown_deadline: Option<Duration>,
}

impl std::fmt::Debug for FunctionApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunctionApp")
            .field("app", &self.app)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl FunctionApp {
    /// An app that hosts nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hosts an agent.
    pub fn agent<A: Agent>(mut self) -> Self {
        self.app = self.app.agent::<A>();
        self
    }

    /// Hosts an agent that is a value.
    pub fn agent_definition(mut self, definition: AgentDefinition) -> Self {
        self.app = self.app.agent_definition(definition);
        self
    }

    /// Hosts a workflow, with everything that it reaches.
    pub fn workflow<W: Workflow>(mut self) -> Self {
        self.app = self.app.workflow::<W>();
        self
    }

    /// Hosts an earlier version of a workflow of the same name, which finishes the runs that it
    /// has.
    pub fn workflow_version<W: Workflow>(mut self) -> Self {
        self.app = self.app.workflow_version::<W>();
        self
    }

    /// Hosts durable code as a worker registers it: orchestrators in several versions, activities
    /// that are values, entities.
    ///
    /// ```
    /// use agent_host::FunctionApp;
    /// use durable_task::{ActivityContext, Failure};
    ///
    /// let app = FunctionApp::new().register(|registry| {
    ///     registry.activity_fn("double", |_: ActivityContext, number: u64| async move {
    ///         Ok::<u64, Failure>(number * 2)
    ///     })
    /// });
    /// ```
    pub fn register(
        mut self,
        add: impl FnOnce(&mut Registry) -> Result<(), RegistryError>,
    ) -> Self {
        self.app = self.app.register(add);
        self
    }

    /// Hosts an orchestrator, by the name of its function.
    pub fn orchestrator<O: Orchestrator>(mut self) -> Self {
        self.app = self.app.orchestrator::<O>();
        self
    }

    /// Hosts a function that has `#[executor]`, for the orchestrators that call it.
    pub fn executor<E: Executor>(mut self) -> Self {
        self.app = self.app.executor::<E>();
        self
    }

    /// Hosts a type that has `#[entity]` on its operations.
    pub fn entity<E: EntityType>(mut self) -> Self {
        self.app = self.app.entity::<E>();
        self
    }

    /// Hosts an activity that is a value.
    pub fn activity<A: Activity>(mut self, activity: A) -> Self {
        self.app = self.app.activity(activity);
        self
    }

    /// Registers a value by its type, for the tools and executors that take it by reference.
    pub fn resource<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.app = self.app.resource(value);
        self
    }

    /// The model to ask, unless the command line or `AGENT_MODEL` names another.
    pub fn model(mut self, model: impl ChatModel) -> Self {
        self.model = Some(Arc::new(model));
        self
    }

    /// The model that answers as `--model offline`, and where no key of a provider is set.
    pub fn offline_model(mut self, model: impl ChatModel) -> Self {
        self.offline_model = Some(Arc::new(model));
        self
    }

    /// How long sessions are kept after their last turn, where the agent does not say. Default: for
    /// ever.
    pub fn session_ttl(mut self, ttl: Duration) -> Self {
        self.app = self.app.session_ttl(ttl);
        self
    }

    /// Who may call the routes. Default: [`AuthLevel::Function`], which is open as long as no keys
    /// are configured.
    pub fn auth_level(mut self, level: AuthLevel) -> Self {
        self.options.auth_level = level;
        self
    }

    /// Who may call `GET /api/health`. Default: as the other routes.
    pub fn health_auth_level(mut self, level: AuthLevel) -> Self {
        self.options.health_auth_level = Some(level);
        self
    }

    /// Whether `GET /api/health` is served. Default: yes.
    pub fn health_check(mut self, enabled: bool) -> Self {
        self.options.health_check = enabled;
        self
    }

    /// Whether the management API of durable instances, `/runtime/webhooks/durabletask`, is served.
    /// Default: yes. It has a key of its own: the admin key opens it, and `AGENT_DURABLETASK_KEY`.
    pub fn management_api(mut self, enabled: bool) -> Self {
        self.options.management_api = enabled;
        self
    }

    /// The form of the answers of `run`. Default: [`RunDialect::Current`].
    pub fn run_dialect(mut self, dialect: RunDialect) -> Self {
        self.options.run_dialect = dialect;
        self
    }

    /// With [`poll_interval`](Self::poll_interval) the bound of a wait: their product. At least 1.
    /// Default: 30. Nothing polls; the name is the reference's.
    pub fn max_poll_retries(mut self, retries: u32) -> Self {
        self.options.poll_retries_max = retries.max(1);
        self
    }

    /// See [`max_poll_retries`](Self::max_poll_retries). Default, also for zero: one second.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.options.poll_interval = if interval.is_zero() {
            POLL_INTERVAL
        } else {
            interval
        };
        self
    }

    /// The largest request body, in bytes. Default: 16 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.options.body_bytes_max = bytes;
        self
    }

    /// How long a request body may take to arrive. Default: one minute.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.options.body_timeout = timeout;
        self
    }

    /// How long the head of a request may take to arrive. Default: 30 seconds.
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.options.head_timeout = timeout;
        self
    }

    /// Whether clients may learn what agents there are and what they can do. Default: yes.
    pub fn expose_info(mut self, expose: bool) -> Self {
        self.options.expose_info = expose;
        self
    }

    /// Whether `info` shows the instructions of agents. Default: no, since they are prompts.
    pub fn expose_instructions(mut self, expose: bool) -> Self {
        self.options.expose_instructions = expose;
        self
    }

    /// Whether `info` shows the tools of agents. Default: yes.
    pub fn expose_tools(mut self, expose: bool) -> Self {
        self.options.expose_tools = expose;
        self
    }

    /// Whether answers of `chat` show what tools gave. Default: yes.
    pub fn expose_tool_results(mut self, expose: bool) -> Self {
        self.options.expose_tool_results = expose;
        self
    }

    /// Lets `chat` call the tools of an agent past its model (`tool_calls`). Default: no, since
    /// then whoever may chat decides what the tools do. Such calls are not durable and leave no
    /// session.
    pub fn direct_tool_calls<A: Agent>(mut self) -> Self {
        self.options.direct_tool_calls.insert(A::NAME);
        self
    }

    /// Hosts an agent without routes of its own: other code of the app may still run it.
    pub fn without_http<A: Agent>(mut self) -> Self {
        self.options.without_http.insert(A::NAME);
        self
    }

    /// Sets up the embedded hub: how long ended instances are kept, how much of one name runs at
    /// once, how large things may be, what a commit survives. Unless a retention is set here, runs
    /// of agents are kept for a week after their end
    /// ([`AGENT_RUN_RETENTION`](crate::AGENT_RUN_RETENTION)), and everything else until it is
    /// purged.
    /// A service of `--backend grpc` is set up where it runs.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use agent_host::{Concurrency, FunctionApp, RetentionPolicy};
    ///
    /// let month = Duration::from_hours(30 * 24);
    /// let app = FunctionApp::new().hub(move |hub| {
    ///     hub.retention(RetentionPolicy::new().all_after(month))
    ///         .concurrency(Concurrency::default().activity("send_mail", 5))
    /// });
    /// # drop(app);
    /// ```
    pub fn hub(mut self, setup: impl FnOnce(HubOptions) -> HubOptions + Send + 'static) -> Self {
        self.hub = HubSetup::new(setup);
        self
    }

    /// How long running requests and running steps may take to end when the server stops. What has
    /// not ended then goes on at the next start. Default: 25 seconds, below the patience of what
    /// usually sends the signal.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.shutdown_deadline = Some(deadline);
        self
    }

    /// Does what the command line says: serves until the process is asked to end, or answers once.
    pub fn run(self) -> Result<(), HostError> {
        program::run(self)
    }

    /// Starts the app without a command line or a port: its routes are [`Host::router`]. The model
    /// is the one of [`model`](Self::model), else the offline one.
    pub async fn start(self, backend: impl Into<Backend>) -> Result<Host, HostError> {
        let model = self.model.clone().or_else(|| self.offline_model.clone());
        self.into_plan(model)?.start(&backend.into()).await
    }

    /// The code of the app, with a hub behind it that nobody uses.
    pub(crate) async fn into_registry(self) -> Result<Registry, HostError> {
        let models = Models {
            given: self.model.clone(),
            offline: self.offline_model.clone(),
        };
        let model = model::choose(models, Some(ModelChoice::Offline), None)?;
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::new(Handle::current()));
        let hub = Engine::open(&HubLocation::Memory.into(), runtime).await?;
        self.into_plan(Some(model))?.registry(hub.client())
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.shutdown_deadline.unwrap_or(SHUTDOWN_DEADLINE)
    }

    /// Checks the app with the model that it is to ask.
    pub(crate) fn into_plan(
        self,
        model: Option<Arc<dyn ChatModel>>,
    ) -> Result<HostPlan, HostError> {
        let builder = match model {
            Some(model) => self.app.model(model),
            None => self.app,
        };
        let app: App = builder.build()?;
        Ok(HostPlan::new(app, self.options, self.hub))
    }
}
