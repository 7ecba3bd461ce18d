//! The threads that read, so that no thread of the async runtime waits for the disk.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::connection;
use super::fault::Fault;

/// How many reads run at once.
pub(super) const READERS: usize = 2;

/// How many reads wait at most; then callers wait for room.
const JOBS_MAX: usize = 256;

/// One read.
pub(super) type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// Starts the threads. They end when the sender is gone; then the receivers are told.
pub(super) fn start(
    path: &std::path::Path,
    openings: &Arc<AtomicU64>,
) -> io::Result<(mpsc::Sender<Job>, Vec<oneshot::Receiver<()>>)> {
    let (jobs, received) = mpsc::channel::<Job>(JOBS_MAX);
    let received = Arc::new(Mutex::new(received));
    let mut ends = Vec::with_capacity(READERS);
    for number in 0..READERS {
        let (end, ended) = oneshot::channel();
        ends.push(ended);
        let received = Arc::clone(&received);
        let mut reader = Reader {
            path: path.to_owned(),
            openings: Arc::clone(openings),
            opening: 0,
            connection: None,
        };
        thread::Builder::new()
            .name(format!("hub-reader-{number}"))
            .spawn(move || {
                while let Some(job) = next(&received) {
                    job(&mut reader);
                }
                drop(reader);
                // Nobody may be waiting for it.
                let _ = end.send(());
            })?;
    }
    Ok((jobs, ends))
}

/// One thread waits for the next job, the others for that one.
fn next(received: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    received
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .blocking_recv()
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
        let result = self.at_one_moment(read);
        if matches!(&result, Err(fault) if !fault.spares_connection()) {
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
        let connection = self.connection.insert(connection);
        let transaction = connection.transaction()?;
        let result = read(&transaction);
        transaction.finish()?;
        result
    }
}
