//! Rows of orchestrations, as a commit writes them.

use durable_task::InstanceId;
use prost::Message;
use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::convert::{locks_text, status, status_text, stored, tags_text};
use super::fault::Fault;
use super::{payload, remove};
use crate::store::{End, HistoryRow, InstanceChange, InstanceWrite};

/// Does nothing if the id is taken.
pub(super) const INSERT: &str = "
INSERT INTO instances (
    instance_id, execution_id, generation, name, version, version_by_hub, status, parked,
    parent_id, parent, tags, custom_status, input, input_payload_id, output, output_payload_id,
    failure, locks, created_at, updated_at, completed_at, scheduled_at, history_rows,
    history_events, history_bytes, trace
) VALUES (
    :instance_id, :execution_id, :generation, :name, :version, :version_by_hub, :status, :parked,
    :parent_id, :parent, :tags, :custom_status, :input, :input_payload_id, :output,
    :output_payload_id, :failure, :locks, :created_at, :updated_at, :completed_at,
    :scheduled_at, :history_rows, :history_events, :history_bytes, :trace
) ON CONFLICT (instance_id) DO NOTHING";

/// The columns of an end are null until it comes.
pub(super) const STEP: &str = "
UPDATE instances SET
    version = :version, version_by_hub = :version_by_hub, status = :status, parked = :parked,
    parent = :parent, custom_status = :custom_status, locks = :locks, updated_at = :updated_at,
    completed_at = coalesce(:completed_at, completed_at), output = coalesce(:output, output),
    output_payload_id = coalesce(:output_payload_id, output_payload_id),
    failure = coalesce(:failure, failure), history_rows = :history_rows,
    history_events = :history_events, history_bytes = :history_bytes
WHERE key = :key";

const RESTART: &str = "
UPDATE instances SET
    execution_id = :execution_id, generation = :generation, name = :name, version = :version,
    version_by_hub = :version_by_hub, status = :status, parked = :parked,
    parent_id = :parent_id, parent = :parent, tags = :tags,
    custom_status = :custom_status, input = :input, input_payload_id = :input_payload_id,
    output = :output, output_payload_id = :output_payload_id, failure = :failure, locks = :locks,
    created_at = :created_at, updated_at = :updated_at, completed_at = :completed_at,
    scheduled_at = :scheduled_at, history_rows = :history_rows, history_events = :history_events,
    history_bytes = :history_bytes, trace = :trace
WHERE instance_id = :instance_id";

const STATUS: &str = "SELECT status FROM instances WHERE instance_id = ?1";

pub(super) const KEY: &str = "SELECT key FROM instances WHERE instance_id = ?1";

const VALUES: &str =
    "SELECT key, input_payload_id, output_payload_id FROM instances WHERE instance_id = ?1";

const INSERT_HISTORY: &str = "
INSERT INTO history (instance_key, row, event_count, events, payload_id)
VALUES (?1, ?2, ?3, ?4, ?5)";

/// Writes the row of an instance and returns its key. History rows come later.
pub(super) fn write(connection: &Connection, write: &InstanceWrite) -> Result<i64, Fault> {
    match &write.change {
        InstanceChange::Create { replace } => {
            if let Some(key) = insert(connection, write)? {
                return Ok(key);
            }
            let id = &write.identity.instance_id;
            let taken = || Fault::Conflict(id.clone());
            let present: String = connection
                .prepare_cached(STATUS)?
                .query_row(params![id.as_str()], |row| row.get(0))?;
            if !replace.contains(&status(&present)?) {
                return Err(taken());
            }
            remove::target(connection, id)?;
            insert(connection, write)?.ok_or_else(taken)
        }
        InstanceChange::Restart => restart(connection, write),
        InstanceChange::Step => step(connection, write),
    }
}

/// Adds a row to the history of an instance.
pub(super) fn add_history(
    connection: &Connection,
    key: i64,
    history: &HistoryRow,
) -> Result<(), Fault> {
    let events = payload::place(connection, Some(history.events.as_slice()))?;
    connection.prepare_cached(INSERT_HISTORY)?.execute(params![
        key,
        stored(history.row),
        stored(history.event_count),
        events.inline,
        events.id
    ])?;
    Ok(())
}

/// The key of an instance that has a row.
pub(super) fn key(connection: &Connection, id: &InstanceId) -> Result<i64, Fault> {
    connection
        .prepare_cached(KEY)?
        .query_row(params![id.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| missing(id))
}

/// The key of an instance and the payloads that its own row names, if it has a row.
pub(super) fn values(
    connection: &Connection,
    id: &InstanceId,
) -> rusqlite::Result<Option<(i64, [Option<i64>; 2])>> {
    connection
        .prepare_cached(VALUES)?
        .query_row(params![id.as_str()], |row| {
            Ok((row.get(0)?, [row.get(1)?, row.get(2)?]))
        })
        .optional()
}

fn missing(id: &InstanceId) -> Fault {
    Fault::Corrupt(format!("instance `{id}` has no row"))
}

fn insert(connection: &Connection, write: &InstanceWrite) -> Result<Option<i64>, Fault> {
    let mut statement = connection.prepare_cached(INSERT)?;
    let inserted = execute_whole(connection, &mut statement, write)?;
    Ok((inserted > 0).then(|| connection.last_insert_rowid()))
}

fn restart(connection: &Connection, write: &InstanceWrite) -> Result<i64, Fault> {
    let id = &write.identity.instance_id;
    let (key, payloads) = values(connection, id)?.ok_or_else(|| missing(id))?;
    remove::history(connection, key)?;
    for payload_id in payloads {
        payload::remove(connection, payload_id)?;
    }
    let mut statement = connection.prepare_cached(RESTART)?;
    execute_whole(connection, &mut statement, write)?;
    Ok(key)
}

/// Runs a statement that sets every column. Payloads of a row that is not inserted after all are
/// written again with the next attempt, and the transaction that fails takes them with it.
fn execute_whole(
    connection: &Connection,
    statement: &mut rusqlite::Statement<'_>,
    write: &InstanceWrite,
) -> Result<usize, Fault> {
    let (identity, step) = (&write.identity, &write.step);
    let end = Ended::new(connection, write.end.as_ref())?;
    let input = payload::place(connection, write.input.as_deref())?;
    let inserted = statement.execute(named_params! {
        ":instance_id": identity.instance_id.as_str(),
        ":execution_id": identity.execution_id.as_str(),
        ":generation": stored(identity.generation),
        ":name": identity.name,
        ":version": identity.version,
        ":version_by_hub": identity.version_by_hub,
        ":status": status_text(step.status),
        ":parked": step.parked,
        ":parent_id": identity.parent_id(),
        ":parent": identity.parent.as_ref().map(Message::encode_to_vec),
        ":tags": tags_text(&identity.tags)?,
        ":custom_status": step.custom_status.as_deref(),
        ":input": input.inline,
        ":input_payload_id": input.id,
        ":output": end.output.inline,
        ":output_payload_id": end.output.id,
        ":failure": end.failure,
        ":locks": locks_text(&step.locks)?,
        ":created_at": identity.created_at.ticks(),
        ":updated_at": step.updated_at.ticks(),
        ":completed_at": end.completed_at,
        ":scheduled_at": identity.scheduled_at.map(durable_task::Timestamp::ticks),
        ":history_rows": stored(step.history.rows),
        ":history_events": stored(step.history.events),
        ":history_bytes": stored(step.history.bytes),
        ":trace": identity.trace_context.as_ref().map(Message::encode_to_vec),
    })?;
    if inserted == 0 {
        payload::remove(connection, input.id)?;
        payload::remove(connection, end.output.id)?;
    }
    Ok(inserted)
}

fn step(connection: &Connection, write: &InstanceWrite) -> Result<i64, Fault> {
    let (identity, step) = (&write.identity, &write.step);
    let end = Ended::new(connection, write.end.as_ref())?;
    let locks = locks_text(&step.locks)?;
    let key = key(connection, &identity.instance_id)?;
    let parameters = named_params! {
        ":key": key,
        ":version": identity.version,
        ":version_by_hub": identity.version_by_hub,
        ":status": status_text(step.status),
        ":parked": step.parked,
        ":parent": identity.parent.as_ref().map(Message::encode_to_vec),
        ":custom_status": step.custom_status.as_deref(),
        ":locks": locks,
        ":updated_at": step.updated_at.ticks(),
        ":completed_at": end.completed_at,
        ":output": end.output.inline,
        ":output_payload_id": end.output.id,
        ":failure": end.failure,
        ":history_rows": stored(step.history.rows),
        ":history_events": stored(step.history.events),
        ":history_bytes": stored(step.history.bytes),
    };
    connection.prepare_cached(STEP)?.execute(parameters)?;
    Ok(key)
}

/// The columns of an end; all null while there is none.
struct Ended<'a> {
    completed_at: Option<i64>,
    output: payload::Place<'a, str>,
    failure: Option<Vec<u8>>,
}

impl<'a> Ended<'a> {
    fn new(connection: &Connection, end: Option<&'a End>) -> rusqlite::Result<Self> {
        let output = end.and_then(|end| end.output.as_deref());
        Ok(Self {
            completed_at: end.map(|end| end.completed_at.ticks()),
            output: payload::place(connection, output)?,
            failure: end
                .and_then(|end| end.failure.as_ref())
                .map(Message::encode_to_vec),
        })
    }
}
