//! Why a run in memory gave nothing.

use crate::tool::MissingResource;
use crate::workflow::superstep::RunError;
use crate::workflow::{InvalidMessage, RouteError};

/// Why a run in memory gave no outputs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkflowFailure {
    /// The input is not of the type that the workflow takes.
    #[error("the input of the workflow: {0}")]
    Input(InvalidMessage),
    /// An executor or a tool needs what nobody registered.
    #[error(transparent)]
    MissingResource(#[from] MissingResource),
    /// There is an agent and no model.
    #[error("node `{node}` is an agent, and no model is set; add `.model(..)`")]
    NoModel {
        /// The agent's node.
        node: &'static str,
    },
    /// A workflow contains itself, or is nested too deep.
    #[error("workflow `{workflow}` contains itself, or sub-workflows are nested too deep")]
    Nesting {
        /// Which workflow.
        workflow: &'static str,
    },
    /// The run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run has not ended: it waits for answers that nobody gives.
    #[error("the run waits for answers to {requests:?}; add `.answer::<Port>(..)`, or answer them")]
    Waiting {
        /// The open requests.
        requests: Vec<String>,
    },
    /// What the run gave is not of the type that the workflow returns.
    #[error("the outputs of the workflow: {0}")]
    Output(RouteError),
}
