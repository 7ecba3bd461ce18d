//! What the engine reads of one id.

use std::sync::Arc;

use durable_task::wire::proto::{ParentInstanceInfo, TraceContext};
use durable_task::{ExecutionId, InstanceId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::convert::{
    execution_id_or_none, instance_id, instance_id_or_none, locks, message, number, status, tags,
    time, time_or_none,
};
use super::fault::Fault;
use super::{entity, payload};
use crate::store::{
    HistoryPage, HistorySize, Identity, InstanceRow, Loaded, LoadedBody, MessageRow, OpenTask,
    OpenTimer, Step,
};

pub(super) const INSTANCE: &str = "
SELECT key, execution_id, generation, name, version, parent, tags, created_at, scheduled_at,
    status, parked, custom_status, locks, updated_at, history_rows, history_events, history_bytes,
    version_by_hub, trace
FROM instances WHERE instance_id = ?1";
pub(super) const TASKS: &str = "
SELECT id, task_id, CASE WHEN request IS NULL AND payload_id IS NULL THEN name END
FROM tasks WHERE instance_key = ?1 AND execution_id = ?2 ORDER BY id";
pub(super) const TIMERS: &str = "
SELECT id, timer_id, fire_at
FROM timers WHERE target_id = ?1 AND execution_id = ?2 AND timer_id IS NOT NULL ORDER BY id";
pub(super) const MESSAGES: &str = "
SELECT m.id, m.execution_id, m.sender_id, m.event, m.payload_id, p.data
FROM messages m LEFT JOIN payloads p ON p.id = m.payload_id
WHERE m.target_id = ?1 ORDER BY m.id";
pub(super) const EXECUTION: &str = "SELECT key, execution_id FROM instances WHERE instance_id = ?1";
pub(super) const HISTORY: &str = "
SELECT h.row, h.events, h.payload_id, p.data
FROM history h LEFT JOIN payloads p ON p.id = h.payload_id
WHERE h.instance_key = ?1 AND h.row >= ?2 ORDER BY h.row";

/// Reads all that the engine needs of an instance or entity.
pub(super) fn load(connection: &Connection, id: &InstanceId) -> Result<Loaded, Fault> {
    let body = if id.is_entity() {
        entity::read(connection, id)?.map(LoadedBody::Entity)
    } else {
        instance(connection, id)?.map(|row| LoadedBody::Orchestration(Box::new(row)))
    };
    Ok(Loaded {
        body: body.unwrap_or(LoadedBody::Absent),
        messages: messages(connection, id)?,
    })
}

/// Reads the history of an execution from a row on.
pub(super) fn history(
    connection: &Connection,
    id: &InstanceId,
    execution: Option<&ExecutionId>,
    from: i64,
    bytes_max: usize,
) -> Result<HistoryPage, Fault> {
    let mut page = HistoryPage::default();
    let current: Option<(i64, String)> = connection
        .prepare_cached(EXECUTION)?
        .query_row(params![id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((key, current)) = current else {
        return Ok(page);
    };
    if execution.is_some_and(|execution| execution.as_str() != current) {
        return Ok(page);
    }
    let mut statement = connection.prepare_cached(HISTORY)?;
    let mut rows = statement.query(params![key, from])?;
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let chunk = payload::bytes_required(row, 1, "history.events")?;
        if !page.chunks.is_empty() && bytes + chunk.len() > bytes_max {
            page.next = Some(number(row, 0)?);
            break;
        }
        bytes += chunk.len();
        page.chunks.push(chunk);
    }
    Ok(page)
}

fn instance(connection: &Connection, id: &InstanceId) -> Result<Option<InstanceRow>, Fault> {
    let mut statement = connection.prepare_cached(INSTANCE)?;
    let mut rows = statement.query(params![id.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let key: i64 = row.get(0)?;
    let identity = identity(row, id)?;
    Ok(Some(InstanceRow {
        step: step(row)?,
        tasks: tasks(connection, key, &identity.execution_id)?,
        timers: timers(connection, id, &identity.execution_id)?,
        identity,
    }))
}

fn identity(row: &Row<'_>, id: &InstanceId) -> Result<Identity, Fault> {
    let execution_id: Arc<str> = row.get(1)?;
    let parent: Option<Vec<u8>> = row.get(5)?;
    let parent = parent
        .map(|bytes| message::<ParentInstanceInfo>(&bytes, "instances.parent"))
        .transpose()?;
    let labels: Option<String> = row.get(6)?;
    let trace: Option<Vec<u8>> = row.get(18)?;
    let trace = trace.map(|bytes| message::<TraceContext>(&bytes, "instances.trace"));
    Ok(Identity {
        instance_id: id.clone(),
        execution_id: ExecutionId::new(execution_id),
        generation: number(row, 2)?,
        name: row.get(3)?,
        version: row.get(4)?,
        version_by_hub: row.get(17)?,
        parent,
        tags: tags(labels.as_deref())?,
        created_at: time(row, 7)?,
        scheduled_at: time_or_none(row, 8)?,
        trace_context: trace.transpose()?,
    })
}

fn step(row: &Row<'_>) -> Result<Step, Fault> {
    let text: String = row.get(9)?;
    let sections: Option<String> = row.get(12)?;
    Ok(Step {
        status: status(&text)?,
        parked: row.get(10)?,
        custom_status: row.get(11)?,
        locks: locks(sections.as_deref())?,
        updated_at: time(row, 13)?,
        history: HistorySize {
            rows: number(row, 14)?,
            events: number(row, 15)?,
            bytes: number(row, 16)?,
        },
    })
}

fn tasks(
    connection: &Connection,
    key: i64,
    execution: &ExecutionId,
) -> Result<Vec<OpenTask>, Fault> {
    let mut statement = connection.prepare_cached(TASKS)?;
    let mut rows = statement.query(params![key, execution.as_str()])?;
    let mut tasks = Vec::new();
    while let Some(row) = rows.next()? {
        tasks.push(OpenTask {
            id: number(row, 0)?,
            task_id: row.get(1)?,
            child: instance_id_or_none(row, 2)?,
        });
    }
    Ok(tasks)
}

fn timers(
    connection: &Connection,
    id: &InstanceId,
    execution: &ExecutionId,
) -> Result<Vec<OpenTimer>, Fault> {
    let mut statement = connection.prepare_cached(TIMERS)?;
    let mut rows = statement.query(params![id.as_str(), execution.as_str()])?;
    let mut timers = Vec::new();
    while let Some(row) = rows.next()? {
        timers.push(OpenTimer {
            id: number(row, 0)?,
            timer_id: row.get(1)?,
            fire_at: time(row, 2)?,
        });
    }
    Ok(timers)
}

fn messages(connection: &Connection, id: &InstanceId) -> Result<Vec<MessageRow>, Fault> {
    let mut statement = connection.prepare_cached(MESSAGES)?;
    let mut rows = statement.query(params![id.as_str()])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(MessageRow {
            id: number(row, 0)?,
            target: id.clone(),
            execution: execution_id_or_none(row, 1)?,
            sender: instance_id_or_none(row, 2)?,
            event: payload::bytes_required(row, 3, "messages.event")?,
        });
    }
    Ok(messages)
}

/// The ids that one statement lists in its first column.
pub(super) fn ids(
    connection: &Connection,
    statement: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<InstanceId>, Fault> {
    let mut statement = connection.prepare_cached(statement)?;
    let mut rows = statement.query(parameters)?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(instance_id(row, 0)?);
    }
    Ok(ids)
}
