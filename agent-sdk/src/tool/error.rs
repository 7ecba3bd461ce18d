//! How a tool fails.

/// Why a tool call gave no result. The model is told the message and may go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The tool could not do it.
    #[error("{message}")]
    Failed {
        /// What the model is told.
        message: String,
        /// Whether the same call may succeed later.
        retryable: bool,
    },
    /// The model's arguments do not fit the schema; the tool was not run.
    #[error("invalid arguments: `{path}`: {problem}")]
    Arguments {
        /// The field, for example `days[2].city`.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl ToolError {
    /// A failure that the same call would meet again.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed {
            message: message.into(),
            retryable: false,
        }
    }

    /// A failure that may be gone next time.
    pub fn retryable(message: impl Into<String>) -> Self {
        Self::Failed {
            message: message.into(),
            retryable: true,
        }
    }
}
