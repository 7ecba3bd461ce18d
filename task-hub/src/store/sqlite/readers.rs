//! The threads that read, so that no thread of the async runtime waits for the disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::fault::{Fault, contained};
use super::lane::Lane;
use super::{connection, transaction};

/// How many reads run at once.
pub(super) const READERS: usize = 2;

/// How many reads wait at most; then callers wait for room.
const JOBS_MAX: usize = 256;

/// One read.
pub(super) type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// Starts the threads.
pub(super) fn start(path: &Path, openings: &Arc<AtomicU64>) -> io::Result<Lane<Job>> {
    let (mut lane, orders) = Lane::new(JOBS_MAX, READERS);
    for number in 0..READERS {
        let mut reader = Reader {
            path: path.to_owned(),
            openings: Arc::clone(openings),
            opening: 0,
            connection: None,
        };
        let name = format!("hub-reader-{number}");
        lane.start(name, orders.clone(), move |job: Job| job(&mut reader))?;
    }
    Ok(lane)
}

/// A thread's connection.
pub(super) struct Reader {
    path: PathBuf,
    openings: Arc<AtomicU64>,
    /// Which opening of the file the connection belongs to.
    opening: u64,
    connection: Option<Connection>,
}

impl Reader {
    /// Reads as of one moment.
    pub(super) fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let result = contained(|| self.at_one_moment(read));
        if let Err(fault) = &result
            && !fault.spares_connection()
        {
            let (file, error) = (self.path.display(), fault.during("read"));
            tracing::error!(%file, %error, "a hub file could not be read");
            self.connection = None;
        }
        result
    }

    fn at_one_moment<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let opening = self.openings.load(Ordering::Acquire);
        if opening == 0 {
            return Err(Fault::NotOpen);
        }
        if opening != self.opening {
            self.connection = None;
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::reader(&self.path)?,
        };
        self.opening = opening;
        transaction::read(self.connection.insert(connection), read)
    }
}
