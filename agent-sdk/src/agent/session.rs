//! The document that holds one conversation: the durable agent state, schema 1.1.0.
//!
//! Others read and write it too (other hosts, dashboards), so it is kept to the field: what we do
//! not know is kept as it is, at every level, and what we can't read is refused, never reset.
//!
//! - [`SessionState`]: the document, with its version check, look-up and additions.
//! - [`Entry`], [`StoredMessage`], [`StoredContent`]: what it is made of.

mod content;
mod document;
mod entry;
mod state;

pub use content::StoredContent;
pub use document::{SCHEMA_VERSION, SessionData, SessionState, StateError};
pub use entry::{Entry, EntryKind, ErrorInfo, StoredMessage, StoredUsage};
pub use state::{Appended, StoredAnswer, Turn};

#[cfg(test)]
mod tests;
