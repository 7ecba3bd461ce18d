//! Rows of orchestrations, as a commit writes them.

use durable_task::InstanceId;
use prost::Message;
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

use super::convert::{locks_text, status, status_text, stored, tags_text};
use super::fault::Fault;
use super::{payload, remove};
use crate::store::{End, HistoryRow, InstanceChange, InstanceWrite};

/// Does nothing if the id is taken. Parameters go by their numbers: looking for their names costs
/// as much as running a statement.
pub(super) const INSERT: &str = "
INSERT INTO instances (
    instance_id, execution_id, generation, name, version, version_by_hub, status, parked,
    parent_id, parent, tags, custom_status, input, input_payload_id, output, output_payload_id,
    failure, locks, created_at, updated_at, completed_at, scheduled_at, history_rows,
    history_events, history_bytes, trace
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
    ?21, ?22, ?23, ?24, ?25, ?26
) ON CONFLICT (instance_id) DO NOTHING";

pub(super) const STEP: &str = "
UPDATE instances SET
    version = ?2, version_by_hub = ?3, status = ?4, parked = ?5, parent = ?6, custom_status = ?7,
    locks = ?8, updated_at = ?9, history_rows = ?10, history_events = ?11, history_bytes = ?12
WHERE key = ?1";

/// A step that is the end: also sets the columns that are null until it comes. Others leave these,
/// and their index, alone.
pub(super) const END: &str = "
UPDATE instances SET
    version = ?2, version_by_hub = ?3, status = ?4, parked = ?5, parent = ?6, custom_status = ?7,
    locks = ?8, updated_at = ?9, history_rows = ?10, history_events = ?11, history_bytes = ?12,
    completed_at = coalesce(?13, completed_at), output = coalesce(?14, output),
    output_payload_id = coalesce(?15, output_payload_id), failure = coalesce(?16, failure)
WHERE key = ?1";

/// With the parameters of [`INSERT`].
const RESTART: &str = "
UPDATE instances SET
    execution_id = ?2, generation = ?3, name = ?4, version = ?5, version_by_hub = ?6, status = ?7,
    parked = ?8, parent_id = ?9, parent = ?10, tags = ?11, custom_status = ?12, input = ?13,
    input_payload_id = ?14, output = ?15, output_payload_id = ?16, failure = ?17, locks = ?18,
    created_at = ?19, updated_at = ?20, completed_at = ?21, scheduled_at = ?22,
    history_rows = ?23, history_events = ?24, history_bytes = ?25, trace = ?26
WHERE instance_id = ?1";

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
    let inserted = statement.execute(params![
        identity.instance_id.as_str(),
        identity.execution_id.as_str(),
        stored(identity.generation),
        identity.name,
        identity.version,
        identity.version_by_hub,
        status_text(step.status),
        step.parked,
        identity.parent_id(),
        identity.parent.as_ref().map(Message::encode_to_vec),
        tags_text(&identity.tags)?,
        step.custom_status.as_deref(),
        input.inline,
        input.id,
        end.output.inline,
        end.output.id,
        end.failure,
        locks_text(&step.locks)?,
        identity.created_at.ticks(),
        step.updated_at.ticks(),
        end.completed_at,
        identity.scheduled_at.map(durable_task::Timestamp::ticks),
        stored(step.history.rows),
        stored(step.history.events),
        stored(step.history.bytes),
        identity.trace_context.as_ref().map(Message::encode_to_vec),
    ])?;
    if inserted == 0 {
        payload::remove(connection, input.id)?;
        payload::remove(connection, end.output.id)?;
    }
    Ok(inserted)
}

fn step(connection: &Connection, write: &InstanceWrite) -> Result<i64, Fault> {
    let (identity, step) = (&write.identity, &write.step);
    let locks = locks_text(&step.locks)?;
    let key = key(connection, &identity.instance_id)?;
    let parent = identity.parent.as_ref().map(Message::encode_to_vec);
    let (rows, events, bytes) = (
        stored(step.history.rows),
        stored(step.history.events),
        stored(step.history.bytes),
    );
    let columns: &[&dyn ToSql] = params![
        key,
        identity.version,
        identity.version_by_hub,
        status_text(step.status),
        step.parked,
        parent,
        step.custom_status.as_deref(),
        locks,
        step.updated_at.ticks(),
        rows,
        events,
        bytes,
    ];
    if write.end.is_none() {
        connection.prepare_cached(STEP)?.execute(columns)?;
        return Ok(key);
    }
    let end = Ended::new(connection, write.end.as_ref())?;
    let ended: &[&dyn ToSql] = params![
        end.completed_at,
        end.output.inline,
        end.output.id,
        end.failure
    ];
    let columns = columns.iter().chain(ended);
    connection
        .prepare_cached(END)?
        .execute(params_from_iter(columns))?;
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
