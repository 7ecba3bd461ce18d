//! Connections to the file, with the settings that durability rests on.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use super::schema;

/// How long to wait for another program that holds SQLite's own lock. Nothing of ours does.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How many statements a connection keeps prepared: all that a commit can need, and then some.
const STATEMENTS_MAX: usize = 96;

/// How many pages the `-wal` file has when they are copied to the file itself, which takes two
/// syncs.
const CHECKPOINT_PAGES: i64 = 4_000;

/// The `-wal` file is cut back to this after a checkpoint, in bytes.
const WAL_BYTES_MAX: i64 = 64 * 1024 * 1024;

/// What a commit survives: the values of `PRAGMA synchronous`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synchronous {
    /// The death of the process.
    Normal = 1,
    /// Loss of power, too.
    Full = 2,
}

/// Opens the connection that writes; creates the file if there is none.
pub(super) fn writer(path: &Path, synchronous: Synchronous) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Before WAL mode, which is written into the file.
    schema::refuse_foreign(&connection)?;
    keep_statements(&connection)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(setting("journal_mode", "WAL"));
    }
    let synchronous = synchronous as i64;
    connection.pragma_update(None, "synchronous", synchronous)?;
    let accepted: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if accepted != synchronous {
        return Err(setting("synchronous", &synchronous.to_string()));
    }
    // Without effect where the platform's fsync already reaches the disk.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.query_row(
        &format!("PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}"),
        [],
        |_| Ok(()),
    )?;
    connection.query_row(
        &format!("PRAGMA journal_size_limit = {WAL_BYTES_MAX}"),
        [],
        |_| Ok(()),
    )?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn reader(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Statements are planned once. SQLite would plan those that look up an instance again whenever an
/// id is bound to them, since there are partial indexes that a value might fit: that costs more
/// than the lookup.
fn keep_statements(connection: &Connection) -> Result<(), Fault> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn setting(name: &str, value: &str) -> Fault {
    // Not corrupt, but as permanent: this file system or build of SQLite can't keep a hub.
    Fault::Corrupt(format!("SQLite does not accept `{name} = {value}` for it"))
}
