//! What is wrong with what is registered.

use crate::MissingResource;

/// Why something can't be registered. It is a mistake in the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two pieces of code under one name (and version).
    #[error(
        "{kind} `{name}` is registered twice{}: by `{first}` and by `{second}`",
        in_version(.version)
    )]
    Duplicate {
        /// `orchestrator`, `activity` or `entity`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The orchestrator's version; empty for none.
        version: String,
        /// The type or function that has the name.
        first: &'static str,
        /// The one that wants it too.
        second: &'static str,
    },
    /// A name that can't be used.
    #[error("{kind} `{name}`: {problem}")]
    Name {
        /// `orchestrator`, `activity` or `entity`.
        kind: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

fn in_version(version: &str) -> String {
    if version.is_empty() {
        String::new()
    } else {
        format!(" in version `{version}`")
    }
}

/// Why what is registered can't run. It is a mistake in the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryProblem {
    /// An activity takes by reference what nobody registered.
    #[error(transparent)]
    MissingResource(MissingResource),
    /// Two values of one type: an activity could not say which it means.
    #[error("two resources of type `{type_name}` are registered; wrap one in a type of its own")]
    DuplicateResource {
        /// The type.
        type_name: &'static str,
    },
}
