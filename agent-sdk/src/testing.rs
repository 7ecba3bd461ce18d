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
//! # use std::any::TypeId;
//! # use agent_sdk::workflow::*;
//! # struct Manager;
//! # impl Node for Manager {
//! #     type Input = u32;
//! #     type Output = bool;
//! #     type Kind = Plain;
//! #     type This = Self;
//! #     type Yielded = NoYields;
//! #     fn definition() -> NodeDefinition {
//! #         NodeDefinition {
//! #             name: "manager",
//! #             description: "",
//! #             type_id: TypeId::of::<Self>(),
//! #             type_name: "Manager",
//! #             code: NodeCode::Port(PortDefinition {
//! #                 request_type: || "u32",
//! #                 response_type: || "bool",
//! #                 response_schema: || serde_json::json!(true),
//! #                 check: Self::check_output,
//! #                 timeout: Some(std::time::Duration::from_hours(72)),
//! #                 default: Some(|_| Ok(Message::of(&false).unwrap())),
//! #             }),
//! #         }
//! #     }
//! # }
//! # #[allow(non_camel_case_types)]
//! # struct refund;
//! # impl Node for refund {
//! #     type Input = u32;
//! #     type Output = bool;
//! #     type Kind = Plain;
//! #     type This = Self;
//! #     type Yielded = NoYields;
//! #     fn definition() -> NodeDefinition {
//! #         unimplemented!()
//! #     }
//! # }
//! # impl Workflow for refund {
//! #     const NAME: &'static str = "refund";
//! #     const GRAPH: &'static Graph = &Graph {
//! #         name: "refund",
//! #         description: "",
//! #         version: "1",
//! #         supersteps_max: SUPERSTEPS_MAX,
//! #         retry: None,
//! #         timeout: None,
//! #         input: TypeData::inner::<u32>(Self::check_input),
//! #         output: TypeData::inner::<bool>(Self::check_output),
//! #         outputs: OutputCount::One,
//! #         slots: &[],
//! #         start: Exit::To(&[Target { to: To::Node(0), convert: &as_it_is }]),
//! #         nodes: &[GraphNode {
//! #             id: "manager",
//! #             each: false,
//! #             definition: &Manager::definition,
//! #             input: TypeData::inner::<u32>(Manager::check_input),
//! #             output: TypeData::inner::<bool>(Manager::check_output),
//! #             facts: NodeFacts {
//! #                 reads: 0,
//! #                 may_read: 0,
//! #                 writes: 0,
//! #                 may_write: 0,
//! #                 sends: false,
//! #                 yields: false,
//! #             },
//! #             yields: &as_it_is,
//! #             exit: Exit::Output(&as_it_is),
//! #         }],
//! #         joins: &[],
//! #         forks: &[],
//! #     };
//! # }
//! use std::time::Duration;
//!
//! use agent_sdk::testing::WorkflowRunner;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The port is answered by a function.
//! let runner = WorkflowRunner::<refund>::new().answer::<Manager>(|amount| amount < 100);
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
