//! The entity that is a session.

/// Deletes the session.
pub(super) const DELETE: &str = "delete";
