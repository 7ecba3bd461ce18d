//! The tables, and which version of them a file has.

use durable_task::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::fault::Fault;

/// The version of the tables that this program reads and writes.
pub(super) const SCHEMA_VERSION: u32 = 3;

/// `docs/storage.md` explains every column. `WITHOUT ROWID` where the primary key is what rows are
/// read by; there it saves a second tree.
const TABLES: &str = "
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
    key INTEGER PRIMARY KEY,
    instance_id TEXT NOT NULL UNIQUE,
    execution_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    status TEXT NOT NULL,
    parked INTEGER NOT NULL,
    parent_id TEXT,
    parent BLOB,
    tags TEXT,
    custom_status TEXT,
    input TEXT,
    input_payload_id INTEGER,
    output TEXT,
    output_payload_id INTEGER,
    failure BLOB,
    locks TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    completed_at INTEGER,
    scheduled_at INTEGER,
    history_rows INTEGER NOT NULL,
    history_events INTEGER NOT NULL,
    history_bytes INTEGER NOT NULL,
    version_by_hub INTEGER NOT NULL DEFAULT 0,
    trace BLOB
) STRICT;
CREATE INDEX instances_by_end ON instances (completed_at, instance_id)
    WHERE completed_at IS NOT NULL;
CREATE INDEX instances_by_creation ON instances (created_at, instance_id);
CREATE INDEX instances_by_parent ON instances (parent_id, created_at, instance_id)
    WHERE parent_id IS NOT NULL;
CREATE INDEX instances_parked ON instances (instance_id) WHERE parked = 1;

CREATE TABLE history (
    instance_key INTEGER NOT NULL,
    row INTEGER NOT NULL,
    event_count INTEGER NOT NULL,
    events BLOB,
    payload_id INTEGER,
    PRIMARY KEY (instance_key, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE entities (
    key INTEGER PRIMARY KEY,
    entity_id TEXT NOT NULL UNIQUE,
    state TEXT,
    state_payload_id INTEGER,
    splice_count INTEGER NOT NULL,
    locked_by TEXT,
    lock_id TEXT,
    modified_at INTEGER NOT NULL
) STRICT;

CREATE TABLE entity_splices (
    entity_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    inserted BLOB NOT NULL,
    PRIMARY KEY (entity_key, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    target_id TEXT NOT NULL,
    execution_id TEXT,
    sender_id TEXT,
    event BLOB,
    payload_id INTEGER
) STRICT;
CREATE INDEX messages_by_target ON messages (target_id);

CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    request BLOB,
    payload_id INTEGER
) STRICT;
CREATE INDEX tasks_by_instance ON tasks (instance_key);

CREATE TABLE timers (
    id INTEGER PRIMARY KEY,
    target_id TEXT NOT NULL,
    execution_id TEXT,
    timer_id INTEGER,
    fire_at INTEGER NOT NULL,
    sender_id TEXT,
    event BLOB,
    payload_id INTEGER
) STRICT;
CREATE INDEX timers_by_target ON timers (target_id);
CREATE INDEX timers_by_time ON timers (fire_at, id);

CREATE TABLE payloads (
    id INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

CREATE TABLE stream_chunks (
    instance_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (instance_id, number)
) STRICT, WITHOUT ROWID;
";

/// What version 2 has more than version 1.
const SECOND: &str = "
ALTER TABLE instances ADD COLUMN version_by_hub INTEGER NOT NULL DEFAULT 0;
CREATE INDEX instances_by_end ON instances (completed_at, instance_id)
    WHERE completed_at IS NOT NULL;";

/// What version 3 has more than version 2.
const THIRD: &str = "ALTER TABLE instances ADD COLUMN trace BLOB;";

const UPGRADED: &str = "UPDATE meta SET value = ?1 WHERE key = 'schema_version'";

/// Creates the tables in an empty file, brings older ones up to date, and refuses a file that this
/// program does not understand.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), Fault> {
    match refuse_foreign(connection)? {
        None => create(connection),
        Some(SCHEMA_VERSION) => Ok(()),
        Some(older) => upgrade(connection, older),
    }
}

/// Refuses a file that this program does not understand, and changes nothing. Returns its version;
/// `None` if it is empty.
pub(super) fn refuse_foreign(connection: &Connection) -> Result<Option<u32>, Fault> {
    match version(connection)? {
        None => Ok(None),
        Some(known @ 1..=SCHEMA_VERSION) => Ok(Some(known)),
        Some(found) if found > SCHEMA_VERSION => Err(Fault::Newer { found }),
        Some(unknown) => Err(Fault::Corrupt(format!(
            "the file has schema version {unknown}, which no program has written"
        ))),
    }
}

/// The version of the tables in the file; `None` for a file without any table.
fn version(connection: &Connection) -> Result<Option<u32>, Fault> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(None);
    }
    let foreign = || Fault::Corrupt("the file is a SQLite database, but not a hub file".to_owned());
    let has_meta: bool = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'",
        [],
        |row| row.get(0),
    )?;
    if !has_meta {
        return Err(foreign());
    }
    let value: Option<String> = connection
        .query_row(
            "SELECT value FROM meta WHERE key = 'schema_version'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let value = value.ok_or_else(foreign)?;
    let version = value
        .parse()
        .map_err(|_| Fault::Corrupt("meta.schema_version".to_owned()))?;
    Ok(Some(version))
}

/// Adds what has come since an older version.
fn upgrade(connection: &mut Connection, from: u32) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (version, added) in [(2, SECOND), (3, THIRD)] {
        if version > from {
            transaction.execute_batch(added)?;
        }
    }
    transaction.execute(UPGRADED, params![SCHEMA_VERSION.to_string()])?;
    transaction.commit()?;
    Ok(())
}

fn create(connection: &mut Connection) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('schema_version', ?1), ('created_at', ?2)",
        params![
            SCHEMA_VERSION.to_string(),
            Timestamp::now().ticks().to_string()
        ],
    )?;
    transaction.commit()?;
    Ok(())
}
