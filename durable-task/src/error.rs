//! What can go wrong in an orchestrator.

use crate::{EntityId, Failure, IdError, InstanceId};

/// Why an operation of an orchestration, or the orchestration itself, failed.
///
/// Return it with `?` to fail the orchestration, or match on it to go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrchestrationError {
    /// The orchestrator's own failure.
    #[error("{0}")]
    Failed(Failure),
    /// An activity failed, and its retry policy (if any) is used up.
    #[error("activity `{name}` failed: {failure}")]
    Activity {
        /// The activity's name.
        name: String,
        /// Its last failure.
        failure: Box<Failure>,
    },
    /// A sub-orchestration failed or was terminated, and its retry policy (if any) is used up.
    #[error("orchestration `{name}` ({instance}) failed: {failure}")]
    SubOrchestration {
        /// The orchestrator's name.
        name: String,
        /// Which instance.
        instance: InstanceId,
        /// Its last failure.
        failure: Box<Failure>,
    },
    /// An operation of an entity failed.
    #[error("operation `{operation}` of entity `{entity}` failed: {failure}")]
    Entity {
        /// Which entity.
        entity: EntityId,
        /// The operation's name.
        operation: String,
        /// Its failure.
        failure: Box<Failure>,
    },
    /// A value can't be written as JSON. Repeating does not help.
    #[error("{what} can't be written as JSON: {problem}")]
    Encode {
        /// Which value.
        what: String,
        /// What the serializer said.
        problem: String,
    },
    /// Recorded JSON is not of the type that the code expects. Repeating does not help.
    #[error("{what} is not of the expected type: {problem}")]
    Decode {
        /// Which value.
        what: String,
        /// What the deserializer said.
        problem: String,
    },
    /// The operation is against the rules, for example a second lock inside a critical section.
    #[error("{0}")]
    NotAllowed(String),
}

impl OrchestrationError {
    /// A failure of the orchestrator itself.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(Failure::new("OrchestrationFailed", message))
    }

    /// The failure that an activity, a sub-orchestration, an entity or the orchestrator recorded.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Activity { failure, .. }
            | Self::SubOrchestration { failure, .. }
            | Self::Entity { failure, .. } => Some(failure),
            Self::Encode { .. } | Self::Decode { .. } | Self::NotAllowed(_) => None,
        }
    }

    /// Whether the same operation may succeed when repeated.
    pub fn is_retryable(&self) -> bool {
        self.failure().is_some_and(|failure| !failure.non_retriable)
    }
}

impl From<Failure> for OrchestrationError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// An id that the orchestrator chose can't be one. Repeating does not help.
impl From<IdError> for OrchestrationError {
    fn from(error: IdError) -> Self {
        Self::Failed(Failure::new("InvalidId", error.to_string()).non_retriable())
    }
}

impl From<OrchestrationError> for Failure {
    fn from(error: OrchestrationError) -> Self {
        let (error_type, message, cause) = match error {
            OrchestrationError::Failed(failure) => return failure,
            OrchestrationError::Activity { name, failure } => (
                "ActivityFailed",
                format!("activity `{name}` failed: {}", failure.message),
                failure,
            ),
            OrchestrationError::SubOrchestration {
                name,
                instance,
                failure,
            } => (
                "SubOrchestrationFailed",
                format!(
                    "orchestration `{name}` ({instance}) failed: {}",
                    failure.message
                ),
                failure,
            ),
            OrchestrationError::Entity {
                entity,
                operation,
                failure,
            } => (
                "EntityOperationFailed",
                format!(
                    "operation `{operation}` of entity `{entity}` failed: {}",
                    failure.message
                ),
                failure,
            ),
            OrchestrationError::Encode { .. } | OrchestrationError::Decode { .. } => {
                return Failure::new("InvalidJson", error.to_string()).non_retriable();
            }
            OrchestrationError::NotAllowed(message) => {
                return Failure::new("NotAllowed", message).non_retriable();
            }
        };
        let outer = Failure {
            non_retriable: cause.non_retriable,
            ..Failure::new(error_type, message)
        };
        outer.caused_by(*cause)
    }
}
