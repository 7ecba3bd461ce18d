//! Why a request about a workflow was not done.

use durable_task::{ClientError, InstanceId, Status};

use crate::workflow::InvalidMessage;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEnd {
    /// There is an answer.
    Answered,
    /// The time for an answer is over.
    Expired,
    /// It was withdrawn.
    Cancelled,
}

impl std::fmt::Display for RequestEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Answered => "was answered already",
            Self::Expired => "has expired",
            Self::Cancelled => "was cancelled",
        })
    }
}

/// Why a request about a workflow was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkflowError {
    /// The application has no such workflow. Final.
    #[error("Workflow '{workflow}' not found")]
    UnknownWorkflow {
        /// The name that was asked for.
        workflow: String,
    },
    /// The id can't name a run. Final.
    #[error("'runId' {problem}.")]
    InvalidRunId {
        /// The id.
        run: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The input is not of the type that the workflow takes. Nothing was started. Final.
    #[error("the input of workflow `{workflow}` is invalid at {problem}")]
    InvalidInput {
        /// The workflow.
        workflow: String,
        /// What is wrong, and where.
        problem: InvalidMessage,
    },
    /// The id belongs to another run: of another workflow, or with another input. Final: use
    /// another id.
    #[error("run `{run}` exists already, with another input")]
    Conflict {
        /// The run.
        run: InstanceId,
    },
    /// There is no such run of that workflow. Final.
    #[error("run `{run}` was not found")]
    UnknownRun {
        /// The run.
        run: InstanceId,
    },
    /// The run has ended: nothing can be done to it. Final.
    #[error("run `{run}` has ended as {status:?}")]
    RunEnded {
        /// The run.
        run: InstanceId,
        /// How.
        status: Status,
    },
    /// The run never asked that. Final.
    #[error("run `{run}` has no request `{request}`")]
    UnknownRequest {
        /// The run.
        run: InstanceId,
        /// The request.
        request: String,
    },
    /// The run waits no longer for an answer to that. Final.
    #[error("request `{request}` of run `{run}` {end}")]
    RequestClosed {
        /// The run.
        run: InstanceId,
        /// The request.
        request: String,
        /// How it ended.
        end: RequestEnd,
    },
    /// The answer is not of the type that is asked for. The request stays open.
    #[error("the answer to request `{request}` is invalid at {problem}")]
    InvalidAnswer {
        /// The request.
        request: String,
        /// What is wrong, and where.
        problem: InvalidMessage,
    },
    /// The run has a version of its workflow that this program does not have. A retry helps once
    /// that version is registered again.
    #[error(
        "run `{run}` has version `{version}` of workflow `{workflow}`, which is not registered: \
         add it with `.workflow_version::<..>()`"
    )]
    NoCode {
        /// The run.
        run: InstanceId,
        /// The workflow.
        workflow: String,
        /// The version.
        version: String,
    },
    /// Code of the program panicked. Final, until the program is changed.
    #[error("{what} panicked: {problem}")]
    Panicked {
        /// Which code.
        what: String,
        /// What the panic said.
        problem: String,
    },
    /// What is stored of the run can't be read. Final.
    #[error("run `{run}` can't be read: {problem}")]
    Unreadable {
        /// The run.
        run: InstanceId,
        /// What is wrong.
        problem: String,
    },
    /// The hub refused or failed; [`WorkflowError::is_retryable`] says whether another try can
    /// help.
    #[error("{0}")]
    Hub(#[from] ClientError),
}

impl WorkflowError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NoCode { .. } => true,
            Self::Hub(error) => error.is_retryable(),
            _ => false,
        }
    }
}
