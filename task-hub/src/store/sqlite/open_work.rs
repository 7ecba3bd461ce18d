//! What is open in the file, in windows, and streamed output.

use std::sync::Arc;

use durable_task::wire::proto::ActivityRequest;
use durable_task::{ExecutionId, InstanceId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::convert::{
    execution_id_or_none, instance_id, instance_id_or_none, message, number, stored, stored_len,
    time,
};
use super::fault::Fault;
use super::{load, payload};
use crate::store::{StreamChunk, TaskKind, TaskRow, TimerRow};

pub(super) const NEXT_TARGET: &str =
    "SELECT target_id FROM messages WHERE target_id > ?1 ORDER BY target_id LIMIT 1";
pub(super) const ACTIVITIES: &str = "
SELECT t.id, i.instance_id, t.execution_id, t.task_id, t.request, t.payload_id, p.data
FROM tasks t
    JOIN instances i ON i.key = t.instance_key
    LEFT JOIN payloads p ON p.id = t.payload_id
WHERE t.id > ?1 AND (t.request IS NOT NULL OR t.payload_id IS NOT NULL)
ORDER BY t.id LIMIT ?2";
pub(super) const TIMERS: &str = "
SELECT t.id, t.target_id, t.execution_id, t.timer_id, t.fire_at, t.sender_id, t.event,
    t.payload_id, p.data
FROM timers t LEFT JOIN payloads p ON p.id = t.payload_id
WHERE (t.fire_at, t.id) > (?1, ?2)
ORDER BY t.fire_at, t.id LIMIT ?3";
pub(super) const PARKED: &str = "
SELECT instance_id FROM instances
WHERE parked = 1 AND instance_id > ?1 ORDER BY instance_id LIMIT ?2";
pub(super) const CHUNKS: &str = "
SELECT number, data FROM stream_chunks
WHERE instance_id = ?1 AND number >= ?2 ORDER BY number LIMIT ?3";
const NEXT_ID: &str = "
SELECT max(
    coalesce((SELECT max(id) FROM messages), 0),
    coalesce((SELECT max(id) FROM tasks), 0),
    coalesce((SELECT max(id) FROM timers), 0)
) + 1";

/// Above every id of a message, task or timer.
pub(super) fn next_id(connection: &Connection) -> Result<u64, Fault> {
    let mut statement = connection.prepare(NEXT_ID)?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        Some(row) => number(row, 0),
        None => Ok(1),
    }
}

/// Ids that have messages, in order. One step of the index each, however many messages they have.
pub(super) fn message_targets(
    connection: &Connection,
    after: Option<&InstanceId>,
    limit: usize,
) -> Result<Vec<InstanceId>, Fault> {
    let mut statement = connection.prepare_cached(NEXT_TARGET)?;
    let mut targets: Vec<InstanceId> = Vec::new();
    while targets.len() < limit {
        // No id is empty.
        let last = targets.last().or(after).map_or("", InstanceId::as_str);
        let next: Option<Arc<str>> = statement
            .query_row(params![last], |row| row.get(0))
            .optional()?;
        match next {
            Some(next) => targets.push(InstanceId::from_stored(next)),
            None => break,
        }
    }
    Ok(targets)
}

/// Open activities, in order.
pub(super) fn activities(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<TaskRow>, Fault> {
    let mut statement = connection.prepare_cached(ACTIVITIES)?;
    let mut rows = statement.query(params![stored(after), stored_len(limit)])?;
    let mut tasks = Vec::new();
    while let Some(row) = rows.next()? {
        let execution: Arc<str> = row.get(2)?;
        let request = payload::bytes_required(row, 4, "tasks.request")?;
        tasks.push(TaskRow {
            id: number(row, 0)?,
            instance: instance_id(row, 1)?,
            execution: ExecutionId::new(execution),
            task_id: row.get(3)?,
            kind: TaskKind::Activity(message::<ActivityRequest>(&request, "tasks.request")?),
        });
    }
    Ok(tasks)
}

/// Timers, by time and id.
pub(super) fn timers(
    connection: &Connection,
    after: Option<(Timestamp, u64)>,
    limit: usize,
) -> Result<Vec<TimerRow>, Fault> {
    let (time_after, id_after) = after.map_or((i64::MIN, -1), |(at, id)| (at.ticks(), stored(id)));
    let mut statement = connection.prepare_cached(TIMERS)?;
    let mut rows = statement.query(params![time_after, id_after, stored_len(limit)])?;
    let mut timers = Vec::new();
    while let Some(row) = rows.next()? {
        timers.push(TimerRow {
            id: number(row, 0)?,
            target: instance_id(row, 1)?,
            execution: execution_id_or_none(row, 2)?,
            timer_id: row.get(3)?,
            fire_at: time(row, 4)?,
            sender: instance_id_or_none(row, 5)?,
            event: payload::bytes(row, 6, "timers.event")?,
        });
    }
    Ok(timers)
}

/// Instances that no worker has code for, in order.
pub(super) fn parked(
    connection: &Connection,
    after: Option<&InstanceId>,
    limit: usize,
) -> Result<Vec<InstanceId>, Fault> {
    let after = after.map_or("", InstanceId::as_str);
    load::ids(connection, PARKED, params![after, stored_len(limit)])
}

/// Streamed output of an instance, in order.
pub(super) fn chunks(
    connection: &Connection,
    id: &InstanceId,
    from: u64,
    limit: usize,
) -> Result<Vec<StreamChunk>, Fault> {
    let mut statement = connection.prepare_cached(CHUNKS)?;
    let mut rows = statement.query(params![id.as_str(), stored(from), stored_len(limit)])?;
    let mut chunks = Vec::new();
    while let Some(row) = rows.next()? {
        chunks.push(StreamChunk {
            instance: id.clone(),
            number: number(row, 0)?,
            data: row.get(1)?,
        });
    }
    Ok(chunks)
}
