//! Making a commit durable: one transaction, all or nothing.

use std::collections::HashMap;

use durable_task::{ExecutionId, InstanceId};
use prost::Message;
use rusqlite::{Connection, OptionalExtension, params};

use super::convert::stored;
use super::fault::Fault;
use super::{entity, instance, payload, remove, transaction};
use crate::store::{Commit, MessageRow, StreamChunk, TaskKind, TaskRow, TimerRow};

/// How a row goes, with the payload that it names. Two statements cost less than one `RETURNING`,
/// for which SQLite makes a table.
pub(super) struct Removal {
    pub(super) payload: &'static str,
    pub(super) row: &'static str,
}

pub(super) const TASK: Removal = Removal {
    payload: "SELECT payload_id FROM tasks WHERE id = ?1",
    row: "DELETE FROM tasks WHERE id = ?1",
};
pub(super) const TIMER: Removal = Removal {
    payload: "SELECT payload_id FROM timers WHERE id = ?1",
    row: "DELETE FROM timers WHERE id = ?1",
};
pub(super) const MESSAGE: Removal = Removal {
    payload: "SELECT payload_id FROM messages WHERE id = ?1",
    row: "DELETE FROM messages WHERE id = ?1",
};
const OPEN_TASK: &str = "
INSERT INTO tasks (id, instance_key, execution_id, task_id, name, request, payload_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const OPEN_TIMER: &str = "
INSERT INTO timers
    (id, target_id, execution_id, timer_id, fire_at, sender_id, event, payload_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const ADD_MESSAGE: &str = "
INSERT INTO messages (id, target_id, execution_id, sender_id, event, payload_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
/// A run that is repeated after a crash streams its chunks again.
const ADD_CHUNK: &str = "
INSERT INTO stream_chunks (instance_id, number, data) VALUES (?1, ?2, ?3)
ON CONFLICT (instance_id, number) DO UPDATE SET data = excluded.data";

/// Makes a commit durable. On an error the transaction is rolled back.
pub(super) fn make_durable(connection: &Connection, commit: &Commit) -> Result<(), Fault> {
    transaction::write(connection, |connection| apply(connection, commit))
}

/// The statements of a commit, in the order of `docs/storage.md`.
fn apply(connection: &Connection, commit: &Commit) -> Result<(), Fault> {
    for id in &commit.purged {
        remove::target(connection, id)?;
    }
    let keys = write_instances(connection, commit)?;
    for write in &commit.entities {
        entity::write(connection, write)?;
    }
    for id in &commit.tasks_closed {
        remove_row(connection, &TASK, *id)?;
    }
    for task in &commit.tasks_opened {
        let key = match keys.get(&task.instance) {
            Some(key) => *key,
            None => instance::key(connection, &task.instance)?,
        };
        open_task(connection, key, task)?;
    }
    for id in &commit.timers_closed {
        remove_row(connection, &TIMER, *id)?;
    }
    for timer in &commit.timers_opened {
        open_timer(connection, timer)?;
    }
    for id in &commit.messages_removed {
        remove_row(connection, &MESSAGE, *id)?;
    }
    for message in &commit.messages_added {
        add_message(connection, message)?;
    }
    for chunk in &commit.stream_chunks {
        add_chunk(connection, chunk)?;
    }
    Ok(())
}

fn write_instances<'a>(
    connection: &Connection,
    commit: &'a Commit,
) -> Result<HashMap<&'a InstanceId, i64>, Fault> {
    let mut keys = HashMap::with_capacity(commit.instances.len());
    for write in &commit.instances {
        let key = instance::write(connection, write)?;
        keys.insert(&write.identity.instance_id, key);
        if let Some(history) = &write.history {
            instance::add_history(connection, key, history)?;
        }
    }
    Ok(keys)
}

/// Removes a row and the payload that it names. A row that is not there is no error.
fn remove_row(connection: &Connection, removal: &Removal, id: u64) -> rusqlite::Result<()> {
    let payload_id: Option<Option<i64>> = connection
        .prepare_cached(removal.payload)?
        .query_row(params![stored(id)], |row| row.get(0))
        .optional()?;
    let Some(payload_id) = payload_id else {
        return Ok(());
    };
    payload::remove(connection, payload_id)?;
    connection
        .prepare_cached(removal.row)?
        .execute(params![stored(id)])?;
    Ok(())
}

fn open_task(connection: &Connection, key: i64, task: &TaskRow) -> rusqlite::Result<()> {
    let (name, request) = match &task.kind {
        TaskKind::Activity(request) => (request.name.as_str(), Some(request.encode_to_vec())),
        TaskKind::SubOrchestration(child) => (child.as_str(), None),
    };
    let request = payload::place(connection, request.as_deref())?;
    connection.prepare_cached(OPEN_TASK)?.execute(params![
        stored(task.id),
        key,
        task.execution.as_str(),
        task.task_id,
        name,
        request.inline,
        request.id
    ])?;
    Ok(())
}

fn open_timer(connection: &Connection, timer: &TimerRow) -> rusqlite::Result<()> {
    let event = payload::place(connection, timer.event.as_deref())?;
    connection.prepare_cached(OPEN_TIMER)?.execute(params![
        stored(timer.id),
        timer.target.as_str(),
        timer.execution.as_ref().map(ExecutionId::as_str),
        timer.timer_id,
        timer.fire_at.ticks(),
        timer.sender.as_ref().map(InstanceId::as_str),
        event.inline,
        event.id
    ])?;
    Ok(())
}

fn add_message(connection: &Connection, message: &MessageRow) -> rusqlite::Result<()> {
    let event = payload::place(connection, Some(message.event.as_slice()))?;
    connection.prepare_cached(ADD_MESSAGE)?.execute(params![
        stored(message.id),
        message.target.as_str(),
        message.execution.as_ref().map(ExecutionId::as_str),
        message.sender.as_ref().map(InstanceId::as_str),
        event.inline,
        event.id
    ])?;
    Ok(())
}

fn add_chunk(connection: &Connection, chunk: &StreamChunk) -> rusqlite::Result<()> {
    connection.prepare_cached(ADD_CHUNK)?.execute(params![
        chunk.instance.as_str(),
        stored(chunk.number),
        chunk.data
    ])?;
    Ok(())
}
