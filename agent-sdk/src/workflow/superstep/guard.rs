//! Calls code of the program that stands in a graph, and lives through its panics.

use super::RunError;
use crate::workflow::caught::caught;
use crate::workflow::{GraphNode, NodeCode};

/// Runs a conversion, a routing, a default, a reducer or a definition.
pub(super) fn guarded<T, E>(
    code: impl FnOnce() -> Result<T, E>,
    place: impl FnOnce() -> String,
    failed: impl FnOnce(E) -> RunError,
) -> Result<T, RunError> {
    match caught(code) {
        Ok(given) => given.map_err(failed),
        Err(problem) => Err(RunError::Panic {
            place: place(),
            problem,
        }),
    }
}

/// What runs for a node.
pub(super) fn defined(node: &GraphNode) -> Result<NodeCode, RunError> {
    let definition = node.defined().map_err(|problem| RunError::Panic {
        place: format!("the definition of node `{}`", node.id),
        problem,
    });
    definition.map(|definition| definition.code)
}
