//! Runs workflows in memory, in a few lines.
//!
//! A [`WorkflowRunner`] needs no hub and keeps nothing. Agents are answered by a script
//! ([`ScriptedModel`](crate::model::ScriptedModel)), ports by functions or by the test itself, and
//! time passes only where a run waits for nothing else: a pause of an hour takes none.
//!
//! Here the workflow `refund` asks a `Manager`, who has three days to answer; after that it counts
//! as a no.
//!
//! ```
//! use std::time::Duration;
//!
//! use agent_sdk::prelude::*;
//! use agent_sdk::testing::WorkflowRunner;
//! # use schemars::JsonSchema;
//! # use serde::{Deserialize, Serialize};
//!
//! #[request_port(response = bool, timeout = "72h", default = false)]
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Manager {
//!     cents: u32,
//! }
//!
//! #[executor]
//! async fn prepare(cents: u32) -> Result<Manager, ExecutorError> {
//!     Ok(Manager { cents })
//! }
//!
//! #[workflow]
//! fn refund(cents: u32) -> bool {
//!     prepare >> Manager;
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The port is answered by a function.
//! let runner = WorkflowRunner::<refund>::new().answer::<Manager>(|asked| asked.cents < 100);
//! assert!(runner.run(40).await?);
//! assert!(!runner.run(4000).await?);
//!
//! // Nobody answers: the clock jumps.
//! assert!(!WorkflowRunner::<refund>::new().run(40).await?);
//!
//! // The test answers, after two days.
//! let mut run = WorkflowRunner::<refund>::new().start(4000).await?;
//! run.advance(Duration::from_hours(48)).await;
//! let open = run.requests();
//! run.answer(&open[0].id, &true).await?;
//! assert!(run.output()?);
//! # Ok(())
//! # }
//! ```
//!
//! What a run does is the same as where it is durable: the same graph, the same rules
//! ([`superstep`](crate::workflow::superstep)), the same [`Event`]s.

pub use crate::workflow::runner::{
    GraphRun, GraphRunner, NESTING_MAX, OpenRequest, WorkflowFailure, WorkflowRun, WorkflowRunner,
};
pub use crate::workflow::superstep::{AnswerError, Event, EventData, EventKind, RunError};
