//! What an app may choose about its HTTP surface, and the limits that hold.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::routes::Origin;

/// The largest request body, unless the app says otherwise.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long a request body may take to arrive, unless the app says otherwise.
pub const BODY_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the head of a request may take to arrive, and how long a connection may stay idle.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How many connections are open at once; further ones wait to be accepted.
pub const CONNECTIONS_MAX: usize = 10_000;
/// How often the reference looks for an answer; with [`POLL_INTERVAL`] the bound of a wait.
pub const POLL_RETRIES_MAX: u32 = 30;
/// How long the reference pauses before each look.
pub const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long running requests may take to end when the server stops, unless the app says otherwise.
pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(25);

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthLevel {
    /// Anybody.
    Anonymous,
    /// Who shows a function key or the admin key.
    #[default]
    Function,
    /// Who shows the admin key.
    Admin,
}

/// How `run` answers. What it reads is the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunDialect {
    /// As the current Python package of the reference.
    #[default]
    Current,
    /// As its .NET package: `status` is a number, `response` an object.
    DotNet,
}

/// The choices of one app.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct HttpOptions {
    pub(crate) auth_level: AuthLevel,
    pub(crate) health_auth_level: Option<AuthLevel>,
    pub(crate) health_check: bool,
    /// Whether the management API of durable instances is served.
    pub(crate) management_api: bool,
    pub(crate) run_dialect: RunDialect,
    pub(crate) poll_retries_max: u32,
    pub(crate) poll_interval: Duration,
    pub(crate) body_bytes_max: usize,
    pub(crate) body_timeout: Duration,
    pub(crate) head_timeout: Duration,
    pub(crate) expose_info: bool,
    pub(crate) expose_instructions: bool,
    pub(crate) expose_tools: bool,
    pub(crate) expose_tool_results: bool,
    /// Agents whose tools a chat may call past the model.
    pub(crate) direct_tool_calls: BTreeSet<&'static str>,
    /// Agents without routes.
    pub(crate) without_http: BTreeSet<&'static str>,
    /// What links begin with.
    pub(crate) origin: Origin,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            auth_level: AuthLevel::default(),
            health_auth_level: None,
            health_check: true,
            management_api: true,
            run_dialect: RunDialect::default(),
            poll_retries_max: POLL_RETRIES_MAX,
            poll_interval: POLL_INTERVAL,
            body_bytes_max: BODY_BYTES_MAX,
            body_timeout: BODY_TIMEOUT,
            head_timeout: HEAD_TIMEOUT,
            expose_info: true,
            expose_instructions: false,
            expose_tools: true,
            expose_tool_results: true,
            direct_tool_calls: BTreeSet::new(),
            without_http: BTreeSet::new(),
            origin: Origin::default(),
        }
    }
}

impl HttpOptions {
    /// How long a request waits for its answer.
    pub(crate) fn wait_max(&self) -> Duration {
        self.poll_interval.saturating_mul(self.poll_retries_max)
    }
}
