//! Who owns a hub file.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of a lock file is read for an error message, in bytes.
const TEXT_BYTES_MAX: u64 = 1024;

/// How often a lock file is opened that was removed before it could be locked.
const ATTEMPTS_MAX: usize = 16;

/// The ownership of a hub file: an OS lock on `FILE.lock`, which the kernel releases when the
/// process dies in any way. Dropping or releasing it gives it up; the lock file stays, and means
/// nothing by itself.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    /// Whether this value has made the lock file.
    created: bool,
    /// `None` once it is released.
    file: Mutex<Option<File>>,
}

/// Why a hub file could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process has it. A retry may help once that one has ended.
    #[error(transparent)]
    InUse(#[from] InUse),
    /// The lock file can't be made. Permanent, until the directory or its rights are changed.
    #[error("the lock file `{}` can't be opened: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A hub file is owned by another process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InUse {
    /// The hub file.
    pub path: PathBuf,
    /// The process that owns it, if it says so.
    pub pid: Option<u32>,
    /// Where it serves, if it does.
    pub address: Option<String>,
}

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the hub file `{}` is in use by ", self.path.display())?;
        match self.pid {
            Some(pid) => write!(f, "process {pid}")?,
            None => f.write_str("another process")?,
        }
        if let Some(address) = &self.address {
            write!(f, ", which serves at {address}")?;
        }
        f.write_str("; stop it, or use another file")
    }
}

impl LockFile {
    /// Takes the ownership of the hub file at `hub_file`, which need not exist; nor need its
    /// folder.
    pub fn acquire(hub_file: &Path) -> Result<Self, LockError> {
        let path = lock_path(hub_file);
        let failed = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        if let Some(folder) = hub_file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let Some((file, created)) = locked(hub_file, &path)? else {
            return Err(failed(io::Error::other("it is removed again and again")));
        };
        let lock = Self {
            path: path.clone(),
            created,
            file: Mutex::new(Some(file)),
        };
        lock.write(&format!("{}\n", std::process::id()))
            .map_err(failed)?;
        Ok(lock)
    }

    /// Tells other processes, in their error message, where the owner serves.
    pub fn announce(&self, address: &str) -> io::Result<()> {
        let line = address.lines().next().unwrap_or_default();
        self.write(&format!("{}\n{line}\n", std::process::id()))
    }

    /// Gives the ownership up, whoever still holds this value.
    pub fn release(&self) {
        // Closing the file unlocks it.
        drop(self.file().take());
    }

    /// Gives the ownership up and removes the lock file, if this value has made it: for a file that
    /// turned out to be no hub.
    pub(super) fn withdraw(&self) {
        let mut file = self.file();
        if file.is_some() && self.created {
            // While it is still locked, so that nobody's lock file is removed. One that stays means
            // nothing.
            let _ = fs::remove_file(&self.path);
        }
        drop(file.take());
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self) -> MutexGuard<'_, Option<File>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        match &mut *self.file() {
            Some(file) => {
                file.set_len(0)?;
                file.rewind()?;
                file.write_all(text.as_bytes())
            }
            // Another process may own it by now.
            None => Ok(()),
        }
    }
}

/// Opens a lock file and locks it; `None` if it is another one each time it has been locked.
fn locked(hub_file: &Path, path: &Path) -> Result<Option<(File, bool)>, LockError> {
    let failed = |source| LockError::Io {
        path: path.to_owned(),
        source,
    };
    for _ in 0..ATTEMPTS_MAX {
        let (file, created) = open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(Some((file, created))),
            // Its last owner has removed it since it was opened.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(hub_file, file).into()),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Ok(None)
}

/// Opens a lock file, and says whether there was none.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => Ok((file, true)),
        // What is removed in between is made again.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let file = options.create(true).truncate(false).open(path)?;
            Ok((file, false))
        }
        Err(error) => Err(error),
    }
}

/// Whether a file is the one at that path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(ours), Ok(there)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

/// Elsewhere a file that is open can't be replaced.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

fn lock_path(hub_file: &Path) -> PathBuf {
    let mut name = hub_file.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn in_use(hub_file: &Path, file: File) -> InUse {
    let mut bytes = Vec::new();
    // What can't be read is left out of the message.
    let _ = file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    InUse {
        path: hub_file.to_owned(),
        pid: lines.next().and_then(|line| line.parse().ok()),
        address: lines
            .next()
            .filter(|line| !line.is_empty())
            .map(str::to_owned),
    }
}
