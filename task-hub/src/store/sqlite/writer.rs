//! The thread that writes.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::Synchronous;
use super::fault::{Fault, contained};
use super::lane::Lane;
use super::lock::LockFile;
use super::{commit, connection, open_work, remove, schema};
use crate::store::{Commit, Opened};

/// How many commands wait at most. The engine gives one at a time.
const COMMANDS_MAX: usize = 8;

/// What can be asked of the thread.
pub(super) enum Command {
    /// Opens the file, or opens it again.
    Open(oneshot::Sender<Result<Opened, Fault>>),
    /// Makes a commit durable.
    Commit(Box<Commit>, oneshot::Sender<Result<(), Fault>>),
    /// Removes all that was committed.
    Clear(oneshot::Sender<Result<(), Fault>>),
}

/// The thread, and what it writes with as long as it lives.
pub(super) struct Writing {
    pub(super) lane: Lane<Command>,
    pub(super) writer: SharedWriter,
}

/// What a thread writes with. Gone when the thread has ended.
#[derive(Clone)]
pub(super) struct SharedWriter(pub(super) Weak<Mutex<Writer>>);

impl SharedWriter {
    /// Makes a commit durable on the calling thread; `None` while the thread is at work, or gone.
    pub(super) fn commit_here(&self, commit: &Commit) -> Option<Result<(), Fault>> {
        let writer = self.0.upgrade()?;
        let mut writer = writer.try_lock().ok()?;
        Some(writer.commit(commit))
    }
}

/// Starts the thread. When it has ended, it has let go of the file and its ownership.
pub(super) fn start(
    path: PathBuf,
    synchronous: Synchronous,
    lock: Arc<LockFile>,
    openings: Arc<AtomicU64>,
) -> io::Result<Writing> {
    let (mut lane, orders) = Lane::new(COMMANDS_MAX, 1);
    let writer = Arc::new(Mutex::new(Writer {
        path,
        synchronous,
        openings,
        connection: None,
        _lock: lock,
    }));
    let shared = SharedWriter(Arc::downgrade(&writer));
    lane.start("hub-writer".to_owned(), orders, move |command| {
        obey(&writer, command);
    })?;
    Ok(Writing {
        lane,
        writer: shared,
    })
}

pub(super) struct Writer {
    path: PathBuf,
    synchronous: Synchronous,
    /// How often the file was opened: readers open it again when this has changed.
    openings: Arc<AtomicU64>,
    connection: Option<Connection>,
    /// Dropped after the connection.
    _lock: Arc<LockFile>,
}

/// A caller that no longer waits does not need the answer. One that does finds the writer free.
fn obey(writer: &Mutex<Writer>, command: Command) {
    let writer = || writer.lock().unwrap_or_else(PoisonError::into_inner);
    match command {
        Command::Open(answer) => {
            let opened = contained(|| writer().open());
            let _ = answer.send(opened);
        }
        Command::Commit(commit, answer) => {
            let made = writer().commit(&commit);
            let _ = answer.send(made);
        }
        Command::Clear(answer) => {
            let cleared = writer().change(remove::all);
            let _ = answer.send(cleared);
        }
    }
}

impl Writer {
    fn open(&mut self) -> Result<Opened, Fault> {
        self.connection = None;
        let mut connection = connection::writer(&self.path, self.synchronous)?;
        schema::prepare(&mut connection)?;
        probe(&connection)?;
        let next_id = open_work::next_id(&connection)?;
        self.connection = Some(connection);
        self.openings.fetch_add(1, Ordering::Release);
        Ok(Opened { next_id })
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), Fault> {
        self.change(|file| commit::make_durable(file, commit))
    }

    fn change(
        &mut self,
        change: impl FnOnce(&Connection) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let connection = self.connection.as_ref().ok_or(Fault::NotOpen)?;
        let made = contained(|| change(connection));
        if let Err(fault) = &made
            && !fault.spares_connection()
        {
            // Who asked is told what failed, and only the log where: clients may be anybody.
            let (file, error) = (self.path.display(), fault.during("change"));
            tracing::error!(%file, %error, "a hub file could not be changed");
            // After a failed write or sync nobody knows what the connection believes.
            self.connection = None;
        }
        made
    }
}

/// Proves that the file can be written and synced, and changes nothing.
fn probe(connection: &Connection) -> Result<(), Fault> {
    // What a sync that failed has left in the WAL alone goes to the file by another write and sync.
    // A reader of another process may hold it up; then the next checkpoint does it.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.execute(
        "UPDATE meta SET value = value WHERE key = 'schema_version'",
        [],
    )?;
    Ok(())
}
