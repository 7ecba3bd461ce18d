//! What can go wrong inside, before it is known which call it was.

use durable_task::InstanceId;
use rusqlite::ErrorCode;

use crate::store::StoreError;

/// Why something was not done. Texts name rows and columns, never what is in them.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite refused, or gave what does not fit.
    Sqlite(rusqlite::Error),
    /// The id of a new instance is taken.
    Conflict(InstanceId),
    /// Something is not what a hub writes.
    Corrupt(String),
    /// There is no connection: it was not opened, or given up after an error.
    NotOpen,
}

impl Fault {
    /// Whether a connection on which it happened is still good.
    pub(super) fn spares_connection(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }

    /// The error of the call in which it happened.
    pub(super) fn during(self, operation: &'static str) -> StoreError {
        match self {
            Self::Sqlite(error) => from_sqlite(operation, &error),
            Self::Conflict(instance) => StoreError::Conflict { instance },
            Self::Corrupt(what) => StoreError::Corrupt { operation, what },
            Self::NotOpen => StoreError::Unavailable {
                operation,
                reason: "the hub file is not open; it has to be opened (again) first".to_owned(),
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
    let reason = error.to_string();
    if unreadable {
        StoreError::Corrupt {
            operation,
            what: reason,
        }
    } else {
        StoreError::Unavailable { operation, reason }
    }
}
