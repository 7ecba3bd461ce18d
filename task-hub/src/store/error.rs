use durable_task::InstanceId;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The medium refused. A retry may help.
    #[error("{operation}: {reason}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// What the medium said.
        reason: String,
    },
    /// A commit created an instance whose id is taken. Permanent.
    #[error("commit: instance `{instance}` exists already")]
    Conflict {
        /// Which one.
        instance: InstanceId,
    },
    /// What was read is not what a hub writes. Permanent.
    #[error("{operation}: what is stored can't be read: {what}")]
    Corrupt {
        /// What was tried.
        operation: &'static str,
        /// Which part of it.
        what: String,
    },
    /// A listing was asked to go on from a token that this store did not give. Permanent.
    #[error("the continuation token is not one of this store's")]
    InvalidToken,
    /// The store has been closed. Permanent.
    #[error("{operation}: the store is closed")]
    Closed {
        /// What was tried.
        operation: &'static str,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
