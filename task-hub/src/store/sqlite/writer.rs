//! The thread that writes.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// Starts the thread. When it has ended, it has let go of the file and its ownership.
pub(super) fn start(
    path: PathBuf,
    synchronous: Synchronous,
    lock: Arc<LockFile>,
    openings: Arc<AtomicU64>,
) -> io::Result<Lane<Command>> {
    let (mut lane, orders) = Lane::new(COMMANDS_MAX, 1);
    let mut writer = Writer {
        path,
        synchronous,
        openings,
        connection: None,
        _lock: lock,
    };
    lane.start("hub-writer".to_owned(), orders, move |command| {
        writer.obey(command);
    })?;
    Ok(lane)
}

struct Writer {
    path: PathBuf,
    synchronous: Synchronous,
    /// How often the file was opened: readers open it again when this has changed.
    openings: Arc<AtomicU64>,
    connection: Option<Connection>,
    /// Dropped after the connection.
    _lock: Arc<LockFile>,
}

impl Writer {
    /// A caller that no longer waits does not need the answer.
    fn obey(&mut self, command: Command) {
        match command {
            Command::Open(answer) => {
                let _ = answer.send(contained(|| self.open()));
            }
            Command::Commit(commit, answer) => {
                let _ = answer.send(self.change(|file| commit::make_durable(file, &commit)));
            }
            Command::Clear(answer) => {
                let _ = answer.send(self.change(remove::all));
            }
        }
    }

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

    fn change(
        &mut self,
        change: impl FnOnce(&mut Connection) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let connection = self.connection.as_mut().ok_or(Fault::NotOpen)?;
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
