//! What can go wrong inside, before it is known which call it was.

use std::panic::{AssertUnwindSafe, catch_unwind};

use durable_task::InstanceId;
use rusqlite::ErrorCode;

use super::schema::SCHEMA_VERSION;
use crate::store::StoreError;

/// Why a hub file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A newer version of this program has written it. Permanent: use that version, or another
    /// file.
    #[error("it has schema version {found}, this program knows {known} and older")]
    Newer {
        /// Its schema.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// It is not a hub file, or damaged. Permanent: use another file, or restore this one.
    #[error("it is not a hub file, or damaged: {problem}")]
    NotAHub {
        /// What is wrong.
        problem: String,
    },
    /// It can't be opened or written. A retry may help once the cause is gone.
    #[error("it can't be written: {problem}")]
    NotWritable {
        /// What is wrong.
        problem: String,
    },
}

impl From<Fault> for FileError {
    fn from(fault: Fault) -> Self {
        match (fault.during("open"), fault) {
            (_, Fault::Newer { found }) => Self::Newer {
                found,
                known: SCHEMA_VERSION,
            },
            (StoreError::Corrupt { what, .. }, _) => Self::NotAHub { problem: what },
            (StoreError::Unavailable { reason, .. }, _) => Self::NotWritable { problem: reason },
            (other, _) => Self::NotWritable {
                problem: other.to_string(),
            },
        }
    }
}

/// Why something was not done. Texts name rows and columns, never what is in them.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite refused, or gave what does not fit.
    Sqlite(rusqlite::Error),
    /// The id of a new instance is taken.
    Conflict(InstanceId),
    /// Something is not what a hub writes.
    Corrupt(String),
    /// A newer program has written the file.
    Newer {
        /// The version of its tables.
        found: u32,
    },
    /// There is no connection: it was not opened, or given up after an error.
    NotOpen,
    /// The code that did it panicked. The next try may meet other data.
    Panicked,
}

/// Does something; a panic in it is a fault like others, and the thread lives on.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // What the work leaves half done goes: no connection is spared after this fault.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Fault::Panicked))
}

impl Fault {
    /// Whether a connection on which it happened is still good.
    pub(super) fn spares_connection(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }

    /// The error of the call in which it happened.
    pub(super) fn during(&self, operation: &'static str) -> StoreError {
        match self {
            Self::Sqlite(error) => from_sqlite(operation, error),
            Self::Conflict(instance) => StoreError::Conflict {
                instance: instance.clone(),
            },
            Self::Corrupt(what) => StoreError::Corrupt {
                operation,
                what: what.clone(),
            },
            Self::Newer { found } => StoreError::Corrupt {
                operation,
                what: format!(
                    "the file has schema version {found}, this program knows {SCHEMA_VERSION}; \
                     use a newer version of the program"
                ),
            },
            Self::NotOpen => StoreError::Unavailable {
                operation,
                reason: "the hub file is not open; it has to be opened (again) first".to_owned(),
            },
            Self::Panicked => StoreError::Unavailable {
                operation,
                reason: "the store's code panicked; that is a bug in it".to_owned(),
            },
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn from_sqlite(operation: &'static str, error: &rusqlite::Error) -> StoreError {
    use rusqlite::Error;
    let unreadable = match error {
        Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::ConstraintViolation
        ),
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::QueryReturnedNoRows
        | Error::Utf8Error(..) => true,
        _ => false,
    };
    let reason = advice(error);
    if unreadable {
        StoreError::Corrupt {
            operation,
            what: reason,
        }
    } else {
        StoreError::Unavailable { operation, reason }
    }
}

/// What SQLite says, and what can be done about it.
fn advice(error: &rusqlite::Error) -> String {
    let text = error.to_string();
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        return text;
    };
    match failure.code {
        ErrorCode::DiskFull => format!("{text}: it goes on when the disk has room"),
        // A limit of file sizes and a quota are said in this way, too.
        ErrorCode::SystemIoFailure => format!(
            "{text} (SQLite code {}): it goes on when the disk can be read and written; look at \
             its room, limits and health",
            failure.extended_code
        ),
        ErrorCode::ReadOnly => format!("{text}: it goes on when the file can be written"),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => format!(
            "{text}: the file is damaged; end the program, and restore the file from a copy, or \
             what is left of it with `.recover` of the program `sqlite3`"
        ),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_disk_refuses_says_what_to_do() {
        let table = [
            (
                rusqlite::ffi::SQLITE_FULL,
                true,
                "full: it goes on when the disk has room",
            ),
            (
                rusqlite::ffi::SQLITE_IOERR_WRITE,
                true,
                "(SQLite code 778): it goes on",
            ),
            (
                rusqlite::ffi::SQLITE_READONLY,
                true,
                "database: it goes on when",
            ),
            (rusqlite::ffi::SQLITE_BUSY, true, "locked"),
            (
                rusqlite::ffi::SQLITE_CORRUPT,
                false,
                "malformed: the file is damaged",
            ),
            (
                rusqlite::ffi::SQLITE_NOTADB,
                false,
                "database: the file is damaged",
            ),
        ];
        for (code, retryable, text) in table {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            let error = Fault::from(error).during("commit");
            assert_eq!(error.is_retryable(), retryable, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}
