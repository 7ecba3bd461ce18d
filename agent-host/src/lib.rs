//! Hosts agents, workflows and durable orchestrations as a function app: HTTP routes, a durable
//! engine and a command line around what `agent-sdk` declares. All of it is one binary.
//!
//! ```no_run
//! use agent_host::{FunctionApp, HostError};
//! use agent_sdk::prelude::*;
//!
//! #[executor(retry(attempts = 3, first = "1s"))]
//! async fn greet(name: String) -> Result<String, ExecutorError> {
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! #[orchestrator]
//! async fn hello(ctx: OrchestrationContext, name: String) -> Result<String, OrchestrationError> {
//!     ctx.call::<greet>(name).await
//! }
//!
//! fn main() -> Result<(), HostError> {
//!     FunctionApp::new().orchestrator::<hello>().executor::<greet>().run()
//! }
//! ```
//!
//! `POST /runtime/webhooks/durabletask/orchestrators/hello` with the JSON of a name starts it. An
//! agent is hosted in the same way, beside them or alone:
//!
//! ```no_run
//! use agent_host::{FunctionApp, HostError};
//! use agent_sdk::prelude::*;
//!
//! /// Current weather for a city.
//! #[tool]
//! fn get_weather(
//!     /// City name, for example "Seattle".
//!     city: String,
//! ) -> String {
//!     format!("It rains in {city}.")
//! }
//!
//! #[agent(instructions = "You are a helpful weather assistant.", tools = [get_weather])]
//! struct WeatherAgent;
//!
//! fn main() -> Result<(), HostError> {
//!     FunctionApp::new().agent::<WeatherAgent>().run()
//! }
//! ```
//!
//! `run` (or nothing) serves on port 7071; `ask "How is the weather in Oslo?"` answers once. Both
//! take `--hub memory|FILE` and `--model offline|openai`; `--help` names the variables that say the
//! same. Without `--hub` the state is in `.agent-hub/{binary}.db`, so that a restart goes on where
//! the last process ended, however it ended. `replay` runs recorded histories against the code,
//! before it is deployed. `graph` prints the graph of a workflow, as Mermaid unless `--format` says
//! `dot`, `json` or `svg`.
//!
//! To serve the routes from a server of your own, [`FunctionApp::start`] the app and take
//! [`Host::router`].

mod app;
mod auth;
mod backend;
mod cli;
mod config;
mod error;
mod graph;
mod host;
mod hub_setup;
mod left_behind;
mod model;
mod options;
mod program;
mod registered;
mod replay;
mod routes;
mod serve;
mod telemetry;

pub use app::FunctionApp;
pub use backend::Backend;
pub use config::{HubLocation, SettingError};
pub use error::HostError;
pub use host::Host;
pub use hub_setup::AGENT_RUN_RETENTION;
pub use model::OPENAI_DEFAULT_MODEL;
pub use options::{
    AuthLevel, BODY_BYTES_MAX, BODY_TIMEOUT, CONNECTIONS_MAX, HEAD_TIMEOUT, POLL_INTERVAL,
    POLL_RETRIES_MAX, RunDialect, SHUTDOWN_DEADLINE,
};
/// What [`FunctionApp::hub`] sets.
pub use task_hub::{Concurrency, Durability, HubLimits, HubOptions, RetentionPolicy};
