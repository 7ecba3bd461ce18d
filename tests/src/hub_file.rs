//! A look into the hub's file from outside of its process, by the description in
//! `docs/storage.md`.

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{HistoryChunk, HistoryEvent};
use prost::Message;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// What is committed to a hub's file.
#[derive(Debug)]
pub struct HubFile {
    connection: Connection,
    /// Dropped after the connection.
    _folder: Option<TempDir>,
}

impl HubFile {
    /// Reads beside a process that works on it.
    pub fn open(file: &Path) -> Result<Self, Box<dyn Error>> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self {
            connection,
            _folder: None,
        })
    }

    /// Copies it first, with its write-ahead log: after a crash the next process finds the file as
    /// the killed one left it.
    pub fn copy(file: &Path) -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let copy = folder.path().join("hub.db");
        std::fs::copy(file, &copy)?;
        let log = beside(file, "-wal");
        if log.exists() {
            std::fs::copy(log, beside(&copy, "-wal"))?;
        }
        let connection = Connection::open(&copy)?;
        Ok(Self {
            connection,
            _folder: Some(folder),
        })
    }

    /// The ids of all instances.
    pub fn instances(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let mut statement = self
            .connection
            .prepare("SELECT instance_id FROM instances ORDER BY instance_id")?;
        let ids = statement.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// The rows of an instance's history: bytes in the row itself, and bytes out of line.
    pub fn history_rows(&self, instance: &str) -> Result<Vec<(i64, i64)>, Box<dyn Error>> {
        let mut statement = self.connection.prepare(
            "SELECT coalesce(length(events), 0), coalesce(length(data), 0) FROM history \
             JOIN instances ON key = instance_key LEFT JOIN payloads ON id = payload_id \
             WHERE instance_id = ?1 ORDER BY row",
        )?;
        let rows = statement.query_map([instance], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How large everything that is out of line is, in bytes.
    pub fn payload_bytes(&self) -> Result<i64, Box<dyn Error>> {
        let sum = "SELECT coalesce(sum(length(data)), 0) FROM payloads";
        Ok(self.connection.query_row(sum, [], |row| row.get(0))?)
    }

    /// How large the file is, in bytes, with what the write-ahead log has.
    pub fn file_bytes(&self) -> Result<i64, Box<dyn Error>> {
        let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        Ok(self.connection.query_row(size, [], |row| row.get(0))?)
    }

    /// The external events in all histories: instance and payload.
    pub fn raised_events(&self) -> Result<Vec<(String, String)>, Box<dyn Error>> {
        let mut raised = Vec::new();
        let mut statement = self.connection.prepare(
            "SELECT instance_id, coalesce(events, data) FROM history \
             JOIN instances ON key = instance_key LEFT JOIN payloads ON id = payload_id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (instance, events): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            for event in HistoryChunk::decode(events.as_slice())?.events {
                if let Some(EventType::EventRaised(event)) = event.event_type {
                    raised.push((instance.clone(), event.input.unwrap_or_default()));
                }
            }
        }
        Ok(raised)
    }

    /// The idempotency keys of all activities whose results are committed: those in histories, and
    /// those that wait for an instance that takes nothing in.
    pub fn finished_calls(&self) -> Result<BTreeSet<String>, Box<dyn Error>> {
        let mut keys = BTreeSet::new();
        let mut statement = self.connection.prepare(
            "SELECT instance_id, execution_id, coalesce(events, data) FROM history \
             JOIN instances ON key = instance_key LEFT JOIN payloads ON id = payload_id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (instance, execution, events): (String, String, Vec<u8>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            for event in HistoryChunk::decode(events.as_slice())?.events {
                keys.extend(finished_task(&event).map(|task| key(&instance, &execution, task)));
            }
        }
        let mut statement = self.connection.prepare(
            "SELECT target_id, instances.execution_id, coalesce(event, data) FROM messages \
             JOIN instances ON instance_id = target_id \
             LEFT JOIN payloads ON payloads.id = payload_id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (instance, execution, event): (String, String, Vec<u8>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let event = HistoryEvent::decode(event.as_slice())?;
            keys.extend(finished_task(&event).map(|task| key(&instance, &execution, task)));
        }
        Ok(keys)
    }
}

fn key(instance: &str, execution: &str, task: i32) -> String {
    format!("{instance}:{execution}:{task}")
}

/// The task whose end the event tells.
fn finished_task(event: &HistoryEvent) -> Option<i32> {
    match event.event_type.as_ref()? {
        EventType::TaskCompleted(completed) => Some(completed.task_scheduled_id),
        EventType::TaskFailed(failed) => Some(failed.task_scheduled_id),
        _ => None,
    }
}

/// Keeps the hub from committing, as long as it lives.
#[derive(Debug)]
pub struct WriteLock {
    _connection: Connection,
}

impl WriteLock {
    /// Takes SQLite's write lock.
    pub fn take(file: &Path) -> Result<Self, Box<dyn Error>> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self {
            _connection: connection,
        })
    }
}

/// `{path}{suffix}`
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
