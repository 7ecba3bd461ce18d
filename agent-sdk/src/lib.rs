//! Typed AI agents, tools and workflows that survive crashes.
//!
//! A *tool* is a plain function that a model may call. Its doc comments are what the model reads;
//! the function stays callable as it is written. An *agent* is a model with instructions and tools.
//!
//! ```
//! use agent_sdk::prelude::*;
//!
//! /// Current temperature of a city, in degrees Celsius.
//! #[tool]
//! async fn get_temperature(
//!     /// City name, for example "Seattle".
//!     city: String,
//! ) -> Result<i32, ToolError> {
//!     match city.as_str() {
//!         "Seattle" => Ok(11),
//!         other => Err(ToolError::failed(format!("there is no station in {other}"))),
//!     }
//! }
//!
//! #[agent(instructions = "You are a helpful weather assistant.", tools = [get_temperature])]
//! struct WeatherAgent;
//! ```
//!
//! # Run it in memory
//!
//! A [`Runner`] runs one agent and keeps nothing. The model here is a script, so that it needs no
//! network and always says the same; [`model::OpenAiModel`] is a real one.
//!
//! ```
//! # use agent_sdk::prelude::*;
//! # /// Current temperature of a city, in degrees Celsius.
//! # #[tool]
//! # fn get_temperature(
//! #     /// City name, for example "Seattle".
//! #     city: String,
//! # ) -> i32 {
//! #     if city == "Seattle" { 11 } else { 20 }
//! # }
//! # #[agent(instructions = "You are a helpful weather assistant.", tools = [get_temperature])]
//! # struct WeatherAgent;
//! use std::sync::Arc;
//!
//! use agent_sdk::Runner;
//! use agent_sdk::model::ScriptedModel;
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = ScriptedModel::new()
//!     .when(|turn| turn.mentions("weather"))
//!     .call("get_temperature", |turn| json!({ "city": turn.text_after("in") }))
//!     .answer(|turn| format!("It is {} degrees.", turn.tool_text("get_temperature")));
//! let runner = Runner::of::<WeatherAgent>(Arc::new(model));
//!
//! let answer = runner.run("What is the weather in Seattle?").await?;
//! assert_eq!(answer.text, "It is 11 degrees.");
//! assert_eq!(answer.tool_results[0].tool, "get_temperature");
//! # Ok(())
//! # }
//! ```
//!
//! # Make it durable
//!
//! An [`App`] is a set of agents with their model and with what their tools take by reference. It
//! reports every problem at once, and before anything runs.
//!
//! ```
//! # use agent_sdk::prelude::*;
//! # #[agent(instructions = "You are a helpful weather assistant.")]
//! # struct WeatherAgent;
//! use std::sync::Arc;
//!
//! use agent_sdk::App;
//! use agent_sdk::model::ScriptedModel;
//!
//! let app = App::builder()
//!     .agent::<WeatherAgent>()
//!     .model(Arc::new(ScriptedModel::new()))
//!     .build()?;
//! assert!(app.agent("WeatherAgent").is_some());
//!
//! let error = App::builder().agent::<WeatherAgent>().build().unwrap_err();
//! assert_eq!(error.to_string(), "no model is set; add `.model(..)`");
//! # Ok::<(), agent_sdk::AppError>(())
//! ```
//!
//! [`App::register`] puts the app into a worker of [`durable_task`]; then each run is an
//! orchestration, each model call and each tool call an activity, each session an entity (see
//! [`durable`]). [`AgentClient`] starts runs and finds their answers:
//!
//! ```no_run
//! # async fn example(agents: agent_sdk::AgentClient) -> Result<(), agent_sdk::RunError> {
//! use std::time::Duration;
//!
//! use agent_sdk::{RunRequest, RunState, SessionId};
//!
//! let session = SessionId::random();
//! let request = RunRequest::new("WeatherAgent", "And in Rome?").in_session(session);
//! // Durable from here on: a crash loses nothing and repeats no finished step.
//! let started = agents.start(request).await?;
//! match agents.wait(&started.run, Duration::from_secs(30)).await? {
//!     RunState::Answered(answer) => println!("{}", answer.text),
//!     RunState::Failed(failure) => println!("failed: {failure}"),
//!     RunState::Running => println!("not yet"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The crate `agent-host` does all of this for a program and serves it over HTTP.
//!
//! # Side effects
//!
//! A crash between a tool's side effect and the commit of its result makes the tool run again. It
//! then gets the same [`ToolContext::idempotency_key`](tool::ToolContext::idempotency_key): hand
//! that to the other side, and the repetition does no harm.

pub mod agent;
pub mod app;
pub mod durable;
pub mod model;
pub mod prelude;
#[doc(hidden)]
pub mod private;
pub mod testing;
pub mod tool;
pub mod workflow;

#[doc(hidden)]
pub use private as __private;

#[doc = include_str!("docs/event.md")]
pub use agent_macros::Event;
#[doc = include_str!("docs/workflow_state.md")]
pub use agent_macros::WorkflowState;
#[doc = include_str!("docs/agent.md")]
pub use agent_macros::agent;
#[doc = include_str!("docs/entity.md")]
pub use agent_macros::entity;
#[doc = include_str!("docs/executor.md")]
pub use agent_macros::executor;
#[doc = include_str!("docs/orchestrator.md")]
pub use agent_macros::orchestrator;
#[doc = include_str!("docs/request_port.md")]
pub use agent_macros::request_port;
#[doc = include_str!("docs/tool.md")]
pub use agent_macros::tool;
#[doc = include_str!("docs/workflow.md")]
pub use agent_macros::workflow;

/// Orchestrations, activities and entities; its most used items are in the [`prelude`].
#[doc(no_inline)]
pub use durable_task;

pub use agent::{
    Agent, AgentDefinition, CorrelationId, RunAnswer, RunId, Runner, SessionId, ToolCallRecord,
};
pub use app::{AGENT_NAMES_RESERVED, App, AppBuilder, AppError, AppProblem};
pub use durable::{
    AgentClient, AnswerFormat, Deletion, RunError, RunFailure, RunRequest, RunState, Started,
};

/// The README's program compiles and runs as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
