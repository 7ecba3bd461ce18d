//! Why a hub could not be opened, or does not take a worker.

#[cfg(feature = "sqlite")]
use std::path::Path;
use std::path::PathBuf;

use super::Hub;
use crate::store::StoreError;
#[cfg(feature = "sqlite")]
use crate::store::sqlite::{FileError, InUse, LockError};

/// Why a hub could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process works the hub file. Use that one, stop it, or use another file.
    #[error("the hub `{}` is in use{}", .path.display(), owner(.pid.as_ref(), .address.as_deref()))]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process that has it, if it says so.
        pid: Option<u32>,
        /// Where that process serves, if it does.
        address: Option<String>,
    },
    /// A newer version of this program has written the file. Use that version or another file.
    #[error(
        "the hub `{}` has schema {found}, this program knows {known} and older: use a newer \
         version of the program, or another file",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// The file is not a hub, or damaged. Use another file, or restore this one.
    #[error("`{}` is not a hub file, or damaged: {problem}", .path.display())]
    NotAHub {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The folder or file can't be written.
    #[error("the hub `{}` can't be written: {problem}", .path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lock file beside the hub file can't be made.
    #[error("the lock file of the hub `{}` can't be made: {problem}", .path.display())]
    NoLock {
        /// The hub file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// This build has no store for files.
    #[error("this program was built without the feature `sqlite`: use a hub in memory")]
    NoFiles,
}

#[cfg(feature = "sqlite")]
impl OpenError {
    pub(super) fn of_file(path: &Path, error: FileError) -> Self {
        let path = path.to_owned();
        match error {
            FileError::Newer { found, known } => Self::Newer { path, found, known },
            FileError::NotAHub { problem } => Self::NotAHub { path, problem },
            FileError::NotWritable { problem } => Self::NotWritable { path, problem },
        }
    }
}

#[cfg(feature = "sqlite")]
impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::InUse(InUse { path, pid, address }) => Self::InUse { path, pid, address },
            LockError::Io { path, source } => Self::NoLock {
                path: path.with_extension(""),
                problem: source.to_string(),
            },
        }
    }
}

fn owner(pid: Option<&u32>, address: Option<&str>) -> String {
    let pid = pid.map_or_else(String::new, |pid| format!(" by process {pid}"));
    match address {
        Some(address) => format!("{pid}, which serves at {address}"),
        None => pid,
    }
}

/// Why a worker could not be attached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// The hub has as many workers as it takes. Detach one, or use one with higher limits.
    #[error("the hub has {} workers and takes no more", Hub::WORKERS_MAX)]
    TooMany,
    /// The hub has been shut down, or has failed.
    #[error("the hub does not take a worker: it is shut down")]
    Closed,
}
